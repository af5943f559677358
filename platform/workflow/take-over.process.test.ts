/**
 * Nodes that are killed, stopped and poisoned, in processes of their own. `PACELINE_LONG=1` tries every
 * window around a transaction and the chaos of 200 runs under 20 kills of each of two nodes.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import type { CommandContext } from "@paceline/command";
import { listen, nodeMigrations } from "@paceline/db";
import type { Notifications } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import { createEngine } from "./create-engine.ts";
import type { ProcessHandle } from "./engine.ts";
import { createLedger, launchBinding, newLaunch } from "./launch-process.ts";
import type { LaunchEvent, LaunchState } from "./launch-process.ts";
import { migrations } from "./migrations.ts";
import { startNode } from "./node-process.ts";

const WORKSPACE: string = randomUUID();
const SOAK_MS = 50;

let database: TestDatabase;
let notifications: Notifications;
let changed: Set<() => void>;
before(async () => {
  database = await testDatabase({ migrations: [nodeMigrations, migrations] });
  await createLedger(database.db);
  await sql`create function tell_run() returns trigger language plpgsql as $$
    begin perform pg_notify('run_changed', new.id::text); return new; end $$`.execute(database.db);
  await sql`create trigger told after update of revision, status on workflow_runs
    for each row execute function tell_run()`.execute(database.db);
  notifications = await listen(database.url, () => undefined);
  changed = new Set();
  await notifications.on("run_changed", () => {
    for (const look of changed) look();
  });
});
after(async () => {
  await notifications.close();
  await database.close();
});

function context(): CommandContext {
  return {
    db: database.db,
    actor: { kind: "service", name: "test" },
    workspaceId: WORKSPACE,
    now: new Date(),
    requestId: randomUUID(),
    newId: () => randomUUID(),
  };
}

const engine = (): ReturnType<typeof createEngine> =>
  createEngine({
    db: database.db,
    clock: { now: () => new Date() },
    newId: () => randomUUID(),
    serviceContext: context,
    alarm: () => undefined,
    onError: () => undefined,
  });

type Launches = ProcessHandle<LaunchState, LaunchEvent>;

function launches(): Launches {
  return engine().register(launchBinding(database.db));
}

async function start(handle: Launches, soakMs = SOAK_MS): Promise<string> {
  const id = randomUUID();
  const input = { id, subject: `launch/${id}`, state: newLaunch(soakMs) };
  await handle.startRun(context(), input, { kind: "go" });
  return id;
}

/** Resolves with a run's state when it is as wanted. */
function until(
  handle: Launches,
  id: string,
  wanted: (state: LaunchState) => boolean,
): Promise<LaunchState> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      handle.read(context(), id).then((state) => {
        if (state === null || !wanted(state)) return;
        changed.delete(look);
        resolve(state);
      }, reject);
    };
    changed.add(look);
    look();
  });
}

async function times(id: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ what: string; keys: number; calls: number }>`
    select what, count(distinct key)::int as keys, count(*)::int as calls
    from launch_ledger where run_id = ${id} group by what`.execute(database.db);
  for (const { what, keys } of rows) assert.equal(keys, 1, `${what} had several keys`);
  return Object.fromEntries(rows.map(({ what, calls }) => [what, calls]));
}

const launched = (state: LaunchState): boolean => state.phase === "launched";
const rolledBack = (state: LaunchState): boolean => state.phase === "rolled-back";

const LONG = process.env["PACELINE_LONG"] === "1";

/** How often the 1st, 2nd, … time of a moment comes in a launch, so that each window is a different one. */
const WINDOWS = [
  // The join: the second of two branches has committed, and its job is not acknowledged.
  ["effect:committed", 3, "short"],
  ["wake:inside", 1, "short"],
  ["effect:before", 1, "long"],
  ["effect:inside", 1, "long"],
  ["effect:committed", 1, "long"],
  ["effect:inside", 3, "long"],
  ["wake:before", 1, "long"],
  ["wake:committed", 1, "long"],
] as const;

for (const [moment, nth, form] of WINDOWS) {
  if (form === "long" && !LONG) continue;
  test(`a node that dies at ${moment} (${nth}) loses nothing and does nothing twice that was kept`, async () => {
    const handle = launches();
    const dying = startNode(database.url, `dying-${moment}-${nth}`, {
      DIE_AT: moment,
      DIE_ON: String(nth),
    });
    await dying.ready;
    const id = await start(handle);
    await dying.exited;
    const survivor = startNode(database.url, "survivor");
    const state = await until(handle, id, launched);
    assert.deepEqual(new Set(Object.values(state.steps)), new Set(["done"]));
    const calls = Object.values(await times(id));
    // At most the interrupted effect ran again, and only where its result was not kept.
    const again = calls.filter((count) => count > 1).length;
    assert.ok(again <= (moment === "effect:inside" ? 2 : 0), JSON.stringify(await times(id)));
    await survivor.until(({ kind }) => kind === "node-died");
    await survivor.kill();
  });
}

test("a node that dies during an undo leaves the rest of the way back to the others", async () => {
  const handle = launches();
  // prepare, email, page, then the first undo.
  const dying = startNode(database.url, "dying-undo", { DIE_AT: "effect:inside", DIE_ON: "4" });
  await dying.ready;
  const id = await start(handle, 3_600_000);
  await until(handle, id, ({ soakUntil }) => soakUntil !== null);
  await handle.deliver(context(), id, { kind: "roll-back" });
  await dying.exited;
  const survivor = startNode(database.url, "survivor-undo");
  const state = await until(handle, id, rolledBack);
  assert.deepEqual(state.steps, {
    prepare: "undone",
    email: "undone",
    page: "undone",
    ramp: "open",
  });
  await survivor.kill();
});

test("a run that takes its node down again and again is quarantined, and the other nodes live", async () => {
  const handle = launches();
  const id = await start(handle);
  // The short form starts just before the limit.
  const deaths = LONG ? 5 : 1;
  await sql`update workflow_effects set begun = ${5 - deaths} where run_id = ${id}`.execute(
    database.db,
  );
  for (let n = 1; n <= deaths; n += 1) {
    await startNode(database.url, `victim-${n}`, { POISON: "prepare" }).exited;
  }
  // A node with the limit behind it does not touch the run any more.
  const healthy = startNode(database.url, "healthy", { POISON: "prepare" });
  const said = await healthy.until(({ kind }) => kind === "quarantined");
  assert.equal(said.runId, id);
  assert.match(said.detail ?? "", /effect step was begun 5 times/);
  const run = await engine().control.find(context(), id);
  assert.equal(run?.status, "quarantined");
  assert.match(run.reason ?? "", /process that ran it died/);
  await healthy.kill();
  const cured = startNode(database.url, "cured");
  await cured.ready;
  const control = engine();
  control.register(launchBinding(database.db));
  assert.ok((await control.control.retry(context(), id)).ok);
  await until(handle, id, launched);
  await cured.kill();
});

test("a paused node that wakes up after its run was finished elsewhere changes nothing", async () => {
  const handle = launches();
  const paused = startNode(database.url, "paused", { WORK_MS: "400" });
  await paused.ready;
  const id = await start(handle);
  await until(handle, id, ({ steps }) => steps.email !== "open");
  paused.signal("SIGSTOP");
  // As if it had been silent for long: the other node ends its session and takes its work over.
  await sql`update workflow_workers set heartbeat_at = now() - interval '1 minute'`.execute(
    database.db,
  );
  const other = startNode(database.url, "other");
  await until(handle, id, launched);
  const [before] = await engine().control.list(context(), { subject: `launch/${id}` }, 1);
  const finished = await times(id);
  paused.signal("SIGCONT");
  await paused.until(({ kind }) => kind === "fenced");
  // Its two effects end now; whatever they did, the run does not hear of it.
  const seen = await sql<{ told: number }>`
    select count(*)::int as told from workflow_effects
    where run_id = ${id} and status <> 'done'`.execute(database.db);
  assert.equal(seen.rows[0]?.told, 0);
  const [later] = await engine().control.list(context(), { subject: `launch/${id}` }, 1);
  assert.equal(later?.revision, before?.revision);
  assert.deepEqual(Object.keys(await times(id)), Object.keys(finished));
  await paused.kill();
  await other.kill();
});

/** Kills nodes while runs are fed to them; every run must end right. */
test("runs that are fed to two nodes under kill -9 all end right, and none is undone", async (t) => {
  const runs = Number(process.env["PACELINE_CHAOS_RUNS"] ?? (LONG ? 200 : 8));
  const kills = Number(process.env["PACELINE_CHAOS_KILLS"] ?? (LONG ? 20 : 1));
  const handle = launches();
  const nodes = [startNode(database.url, "chaos-0"), startNode(database.url, "chaos-1")];
  await Promise.all(nodes.map(({ ready }) => ready));
  const endings: Promise<LaunchState>[] = [];
  const ids: string[] = [];
  for (let n = 0; n < runs; n += 1) {
    const id = await start(handle);
    ids.push(id);
    endings.push(until(handle, id, launched));
    const due = Math.floor(((n + 1) * kills) / runs) > Math.floor((n * kills) / runs);
    if (!due) continue;
    // In the middle of a step: the run just begun is being worked on.
    await until(handle, id, ({ steps }) => steps.email !== "open");
    for (const [index, node] of nodes.entries()) {
      await node.kill();
      nodes[index] = startNode(database.url, `chaos-${index}-${n}`);
      await nodes[index]?.ready;
    }
  }
  await Promise.all(endings);
  let again = 0;
  for (const id of ids) {
    const calls = await times(id);
    assert.deepEqual(Object.keys(calls).toSorted(), ["email", "page", "prepare", "ramp"]);
    again += Object.values(calls).filter((count) => count > 1).length;
  }
  t.diagnostic(`${runs} runs, ${kills} kills of each node, ${again} effects ran again`);
  await Promise.all(nodes.map((node) => node.kill()));
});
