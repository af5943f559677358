import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { migrations as audit } from "@paceline/audit/migrations";
import { migrations as flags } from "@paceline/flags/migrations";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import { migrations as workflow } from "@paceline/workflow";
import { sql } from "kysely";

import { migrations } from "./migrations/index.ts";
import { keepRolloutsInOrder } from "./upkeep.ts";

const NOW = new Date("2026-11-27T12:00:00Z");
const DAY_MS = 86_400_000;
const KEEP = { runDays: 400, readingDays: 30 };
const WORKSPACE = randomUUID();

let database: TestDatabase;
before(async () => {
  database = await testDatabase({ migrations: [audit, flags, workflow, migrations] });
});
after(() => database.close());

function daysAgo(days: number, hours = 0): Date {
  return new Date(NOW.getTime() - days * DAY_MS + hours * 3_600_000);
}

function upkeep() {
  const { db } = database;
  const serviceContext = (workspaceId: string) => ({
    db,
    actor: { kind: "service", name: "rollouts" } as const,
    workspaceId,
    now: NOW,
    requestId: "test",
    newId: randomUUID,
  });
  return keepRolloutsInOrder({ db, serviceContext }, KEEP, NOW);
}

async function addRun(status: string, updatedAt: Date, pending = false): Promise<string> {
  const id = randomUUID();
  await sql`insert into workflow_runs (id, workspace_id, process, version, subject, status, state, timers, started_at, updated_at)
    values (${id}, ${WORKSPACE}, 'rollout-plan', 1, 's', ${status}, '{}', '[]', ${updatedAt}, ${updatedAt})`.execute(
    database.db,
  );
  await sql`insert into workflow_history (run_id, seq, at, kind, detail) values (${id}, 1, ${updatedAt}, 'start', '{}')`.execute(
    database.db,
  );
  if (pending) {
    await sql`insert into workflow_effects (id, run_id, name, input, status, next_at, created_at)
      values (gen_random_uuid(), ${id}, 'verify', '{}', 'pending', now(), now())`.execute(
      database.db,
    );
  }
  return id;
}

async function addReading(
  runId: string,
  at: Date,
  verdict = "pass",
  auditEntry: string | null = null,
): Promise<void> {
  await sql`insert into guard_readings (id, workspace_id, run_id, stage_id, guard_id, verdict, reason, numbers, read_at, audit_entry)
    values (gen_random_uuid(), ${WORKSPACE}, ${runId}, 's1', 'g', ${verdict}, '', '{}', ${at}, ${auditEntry})`.execute(
    database.db,
  );
}

async function readingsOf(runId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ at: Date; verdict: string }>`
    select r.read_at as at, r.verdict from guard_readings as r where r.run_id = ${runId} order by r.read_at`.execute(
    database.db,
  );
  return rows.map(({ at, verdict }) => `${at.toISOString().slice(5, 16)} ${verdict}`);
}

async function runs(): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select r.id from workflow_runs as r`.execute(
    database.db,
  );
  return rows.map(({ id }) => id);
}

test("the history of a run goes when it ended long enough ago, with an audit entry; what moves or waits stays", async () => {
  const old = await addRun("finished", daysAgo(401));
  const kept = [
    await addRun("finished", daysAgo(399)),
    await addRun("active", daysAgo(500)),
    await addRun("quarantined", daysAgo(500)),
    await addRun("finished", daysAgo(401), true),
  ];
  await addReading(old, daysAgo(401));
  await addReading(old, daysAgo(401), "roll-back", randomUUID());
  const done = await upkeep();
  assert.deepEqual(done, { runs: 1, readings: 1 });
  assert.deepEqual((await runs()).toSorted(), kept.toSorted());
  assert.deepEqual(await readingsOf(old), [`${daysAgo(401).toISOString().slice(5, 16)} roll-back`]);
  const history = await sql`select from workflow_history as h where h.run_id = ${old}`.execute(
    database.db,
  );
  assert.equal(history.rows.length, 0);
  const { rows } = await sql<{ action: string }>`
    select a.action from audit_outbox as a where a.workspace_id = ${WORKSPACE}`.execute(
    database.db,
  );
  assert.deepEqual(rows, [{ action: "rollout.forget" }]);
  assert.deepEqual(await upkeep(), { runs: 0, readings: 0 });
});

test("of old readings stay those that decided, those that changed and the last of each day; younger ones all", async () => {
  const run = randomUUID();
  for (const hours of [0, 1, 2, 3]) await addReading(run, daysAgo(40, hours));
  await addReading(run, daysAgo(39, 0), "hold", randomUUID());
  await addReading(run, daysAgo(39, 1), "hold");
  await addReading(run, daysAgo(39, 2), "pass");
  await addReading(run, daysAgo(39, 3), "pass");
  for (const hours of [0, 1, 2]) await addReading(run, daysAgo(10, hours));
  const expected = [
    `${daysAgo(40, 0).toISOString().slice(5, 16)} pass`,
    `${daysAgo(40, 3).toISOString().slice(5, 16)} pass`,
    `${daysAgo(39, 0).toISOString().slice(5, 16)} hold`,
    `${daysAgo(39, 2).toISOString().slice(5, 16)} pass`,
    `${daysAgo(39, 3).toISOString().slice(5, 16)} pass`,
    ...[0, 1, 2].map((hours) => `${daysAgo(10, hours).toISOString().slice(5, 16)} pass`),
  ];
  assert.deepEqual(await upkeep(), { runs: 0, readings: 3 });
  assert.deepEqual(await readingsOf(run), expected);
  assert.deepEqual(await upkeep(), { runs: 0, readings: 0 });
  assert.deepEqual(await readingsOf(run), expected, "a second pass thinned further");
});
