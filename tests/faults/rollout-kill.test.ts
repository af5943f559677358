/**
 * Rollouts under faults: a server killed in every window of a stage transition, two nodes of which one
 * is killed, PostgreSQL stopped. Exposure never jumps forward, the plan goes on, and clients keep what
 * they have. `npm run test:rollouts` tries more windows, and stops PostgreSQL for a minute.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { closeDatabase, migrateToLatest, openDatabase } from "@paceline/db";
import { startPostgres } from "@paceline/postgres";
import type { EmbeddedPostgres } from "@paceline/postgres";
import {
  armRollout,
  createRollout,
  rollBackRollout,
  startRollout,
} from "@paceline/rollouts/server";
import { allMigrations } from "@paceline/server/migrations";

import { startRolloutNode } from "./rollout-node.ts";
import type { RolloutNode } from "./rollout-node.ts";
import { ENVIRONMENT, makeRolloutFlag, openings, openWorld } from "./rollout-world.ts";
import type { RolloutWorld } from "./rollout-world.ts";

const LONG = process.env["PACELINE_LONG"] === "1";
const STAGE_MS = 1_000;
/** PostgreSQL is away for so long. */
const OUTAGE_MS = LONG ? 60_000 : 2_500;
const SHARES = [0.1, 0.3, 0.6, 1];
/** 1,000 units are a sample: so many more or fewer than the share may get the variant. */
const SLACK = 60;

const folder = mkdtempSync(join(tmpdir(), "paceline-rollouts-"));
let postgres: EmbeddedPostgres;
let world: RolloutWorld;
const nodes: RolloutNode[] = [];
const startDatabase = (): Promise<EmbeddedPostgres> =>
  startPostgres({ dataDir: join(folder, "postgres") });
before(async () => {
  postgres = await startDatabase();
  const db = openDatabase(postgres.url, () => undefined);
  await migrateToLatest(db, allMigrations);
  await closeDatabase(db);
  world = await openWorld(postgres.url);
});
after(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
  await world.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

function node(name: string, flagKey: string, dieAt?: string): RolloutNode {
  const started = startRolloutNode(postgres.url, name, flagKey, dieAt);
  nodes.push(started);
  return started;
}

/** Starts a rollout of a new flag through the shares, a second each. */
async function begin(flagKey: string, shares = SHARES): Promise<string> {
  await makeRolloutFlag(world, flagKey);
  const deps = world.plans.dependencies;
  const made = await createRollout(deps, world.context(), {
    name: flagKey,
    flagKey,
    environment: ENVIRONMENT,
    ruleId: "new",
    stages: shares.map((exposureShare, index) => ({
      id: `s${index}`,
      name: `${exposureShare * 100} %`,
      exposureShare,
      when: null,
      hold: { time: "PT1S", sample: null, approval: null, guards: false },
    })),
  });
  assert.ok(made.ok, JSON.stringify(made));
  const { id } = made.value;
  const armed = await armRollout(deps, world.context(), id);
  assert.ok(armed.ok, JSON.stringify(armed));
  const started = await startRollout(world.plans.runs, world.context(), id);
  assert.ok(started.ok, JSON.stringify(started));
  return id;
}

async function until(id: string, wanted: string): Promise<void> {
  for (;;) {
    const run = await world.plans.runs.read(world.context(), id).catch(() => null);
    if (run?.state === wanted) return;
    await pause(50);
  }
}

/** No stage began before the times of all stages before it were over, by the log of what was in force. */
async function assertNeverForward(flagKey: string, shares = SHARES): Promise<void> {
  const opened = (await openings(world.db, flagKey)).filter(({ share }) => share > 0);
  const [first] = opened;
  assert.ok(first !== undefined);
  let before = 0;
  for (const { share, atMs } of opened) {
    const stage = shares.indexOf(share);
    assert.ok(stage >= 0, `${share} is no stage`);
    assert.ok(share >= before, `exposure fell from ${before} to ${share}`);
    const due = first.atMs + stage * STAGE_MS;
    assert.ok(atMs >= due, `stage ${stage} began ${due - atMs} ms too early`);
    before = share;
  }
  assert.equal(before, shares.at(-1), "it did not get to its last stage");
}

/** What the clients of a node got only ever grew, and was always a stage. */
function assertServed({ said }: RolloutNode, shares: readonly number[]): void {
  const counts = said.flatMap(({ on }) => (on === undefined ? [] : [on]));
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
    "clients lost what they had",
  );
  for (const on of counts) {
    const near = [0, ...shares].some((share) => Math.abs(on - share * 1_000) <= SLACK);
    assert.ok(near, `${on} of 1,000 units is no stage`);
  }
}

test("a server killed in each window of its stage transitions leaves the plan where it was, and the next goes on", async () => {
  const moments = ["wake:before", "wake:inside", "wake:committed"] as const;
  const first = node("dying-0", "windows", moments[0]);
  const id = await begin("windows");
  await first.exited;
  for (const [index, moment] of moments.slice(1).entries()) {
    await node(`dying-${index + 1}`, "windows", moment).exited;
  }
  const last = node("survivor", "windows");
  await until(id, "completed");
  await assertNeverForward("windows");
  await last.until(({ on }) => on === 1_000);
  assertServed(last, SHARES);
  await last.kill();
});

test("of two nodes one is killed in the middle of a transition: the other goes on, and its clients see every stage", async () => {
  const dying = node("one", "pair", "wake:inside");
  const other = node("two", "pair");
  await Promise.all([dying, other].map((one) => one.until(({ kind }) => kind === "ready")));
  // Held still for a moment, so that it is the other one that the doorbell reaches.
  other.signal("SIGSTOP");
  const id = await begin("pair");
  await dying.exited;
  other.signal("SIGCONT");
  await until(id, "completed");
  await other.until(({ on }) => on === 1_000);
  await assertNeverForward("pair");
  assertServed(other, SHARES);
  await other.kill();
});

test("PostgreSQL that goes away takes nothing from clients; the plan makes up for its overdue time once it is back", async () => {
  const shares = [0.2, 0.5, 1];
  const serving = node("serving", "outage");
  await serving.until(({ kind }) => kind === "ready");
  const id = await begin("outage", shares);
  await serving.until(({ on }) => (on ?? 0) > 0);
  const had = serving.said.at(-1)?.on ?? 0;
  await postgres.stop();
  const awayAtMs = Date.now();
  await pause(OUTAGE_MS);
  const has = serving.said.at(-1)?.on ?? 0;
  postgres = await startDatabase();
  // On a slow machine a stage may have begun while PostgreSQL was being stopped.
  const opened = await openings(world.db, "outage");
  const last = opened.findLast(({ atMs }) => atMs <= awayAtMs)?.share ?? 0;
  const isKept = has >= had && has <= last * 1_000 + SLACK;
  assert.ok(isKept, `${has} units instead of ${had} while PostgreSQL was away, open for ${last}`);
  await until(id, "completed");
  await serving.until(({ on }) => on === 1_000);
  await assertNeverForward("outage", shares);
  assertServed(serving, shares);
  await serving.kill();
});

for (const moment of LONG ? ["effect:before", "effect:inside", "effect:committed"] : []) {
  test(`a server killed at ${moment} of a rollback has taken the flag back, and the next one sees that it is in effect`, async () => {
    const key = moment.replace(":", "-");
    const dying = node(`dying-${key}`, key, moment);
    const id = await begin(key, [0.3, 1]);
    await dying.until(({ on }) => (on ?? 0) > 0);
    const back = await rollBackRollout(
      { runs: world.plans.runs, stages: world.plans.dependencies.stages },
      world.context(),
      {
        id,
        reason: "It hurts.",
      },
    );
    assert.ok(back.ok, JSON.stringify(back));
    await dying.exited;
    assert.equal((await openings(world.db, key)).at(-1)?.enabled, false);
    const survivor = node(`survivor-${key}`, key);
    await until(id, "rolled-back");
    await survivor.until(({ on }) => on === 0);
    await survivor.kill();
  });
}
