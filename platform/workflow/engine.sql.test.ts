import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";

import type { CommandContext } from "@paceline/command";
import { nodeMigrations } from "@paceline/db";
import { err, ok } from "@paceline/result";
import { testClock, testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import { createEngine } from "./create-engine.ts";
import type { Engine } from "./create-engine.ts";
import type { ProcessBinding } from "./engine.ts";
import { jsonOf } from "./json.ts";
import { createLedger, launchBinding, launchProcess, newLaunch } from "./launch-process.ts";
import type { LaunchState } from "./launch-process.ts";
import { migrations } from "./migrations.ts";
import type { Alarm } from "./parts.ts";
import type { Process } from "./process.ts";

const WORKSPACE: string = randomUUID();
const SOAK_MS = 3_600_000;

let database: TestDatabase;
before(async () => {
  database = await testDatabase({ migrations: [nodeMigrations, migrations] });
  await createLedger(database.db);
});
after(() => database.close());
beforeEach(async () => {
  await sql`truncate workflow_runs, launch_ledger cascade`.execute(database.db);
});

interface Bench {
  readonly engine: Engine;
  readonly clock: ReturnType<typeof testClock>;
  readonly alarms: Alarm[];
  readonly ctx: () => CommandContext;
}

function bench(startsAt = new Date()): Bench {
  const clock = testClock(startsAt);
  const alarms: Alarm[] = [];
  const ctx = (workspaceId = WORKSPACE): CommandContext => ({
    db: database.db,
    actor: { kind: "service", name: "test" },
    workspaceId,
    now: clock.now(),
    requestId: randomUUID(),
    newId: () => randomUUID(),
  });
  const engine = createEngine({
    db: database.db,
    clock,
    newId: () => randomUUID(),
    serviceContext: ctx,
    alarm: (alarm) => alarms.push(alarm),
    onError: (error) => assert.fail(String(error)),
  });
  return { engine, clock, alarms, ctx };
}

async function ledger(runId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ what: string }>`
    select what from launch_ledger where run_id = ${runId} order by at`.execute(database.db);
  return rows.map(({ what }) => what);
}

async function jobsOf(key: string): Promise<number> {
  const { rows } = await sql<{ jobs: number }>`
    select count(*)::int as jobs from graphile_worker.jobs where key = ${key}`.execute(database.db);
  return rows[0]?.jobs ?? 0;
}

async function launch(
  { engine, ctx }: Bench,
  binding = launchBinding(database.db),
): Promise<{
  readonly id: string;
  readonly handle: ReturnType<typeof engine.register<LaunchState, { kind: "go" | "roll-back" }>>;
}> {
  const handle = engine.register(binding);
  const id = randomUUID();
  await handle.startRun(
    ctx(),
    { id, subject: `launch/${id}`, state: newLaunch(SOAK_MS) },
    { kind: "go" },
  );
  return { id, handle };
}

test("a run does its steps in order, waits for its deadline and ends", async () => {
  const b = bench();
  const { id, handle } = await launch(b);
  await b.engine.catchUp();
  assert.deepEqual(new Set(await ledger(id)), new Set(["prepare", "email", "page"]));
  assert.equal(await jobsOf(`wake:${id}`), 1, "a waiting run is a row and one delayed job");
  b.clock.advance(SOAK_MS);
  await b.engine.catchUp();
  assert.equal((await handle.read(b.ctx(), id))?.phase, "launched");
  assert.equal((await b.engine.control.find(b.ctx(), id))?.status, "finished");
  assert.equal((await ledger(id)).length, 4);
  const history = await b.engine.control.history(b.ctx(), id, 100);
  assert.deepEqual(
    history.map(({ kind }) => kind),
    ["go", "effect-done", "effect-done", "effect-done", "timer", "effect-done"],
  );
  assert.deepEqual(b.alarms, []);
});

test("a database whose clock is hours behind holds up no effect and no deadline", async () => {
  const b = bench(new Date(Date.now() + 5 * SOAK_MS));
  const { id } = await launch(b);
  const { rows: due } = await sql<{ isDue: boolean }>`
    select run_at <= now() as "isDue" from graphile_worker.jobs as j
      join workflow_effects as e on j.key = 'effect:' || e.id
    where e.run_id = ${id}`.execute(database.db);
  assert.ok(due.length > 0);
  for (const { isDue } of due) assert.ok(isDue);
  await b.engine.catchUp();
  const { rows: deadlines } = await sql<{ seconds: number }>`
    select extract(epoch from run_at - now())::float8 as seconds
    from graphile_worker.jobs where key = ${`wake:${id}`}`.execute(database.db);
  assert.equal(deadlines.length, 1);
  for (const { seconds } of deadlines) {
    assert.ok(seconds > 0 && seconds <= SOAK_MS / 1_000, String(seconds));
  }
});

test("what an event would do is computed by the same rules and writes nothing", async () => {
  const b = bench();
  const { id, handle } = await launch(b);
  await b.engine.catchUp();
  const before = await b.engine.control.history(b.ctx(), id, 100);
  const foreseen = await handle.preview(b.ctx(), id, { kind: "roll-back" });
  assert.ok(foreseen.ok);
  assert.deepEqual(foreseen.value.effects, [
    { name: "undo", where: "after", input: { step: "page" } },
  ]);
  assert.equal((await handle.read(b.ctx(), id))?.phase, "running");
  assert.deepEqual(await b.engine.control.history(b.ctx(), id, 100), before);
  await handle.deliver(b.ctx(), id, { kind: "roll-back" });
  const pending = (await b.engine.control.effects(b.ctx(), id)).filter(
    ({ status }) => status === "pending",
  );
  assert.deepEqual(
    pending.map(({ name, input }) => [name, input]),
    [["undo", { step: "page" }]],
  );
});

test("an undo that fails is recorded and somebody is told; the other undos still run", async () => {
  const b = bench();
  const { id, handle } = await launch(b, launchBinding(database.db, { refuses: ["undo page"] }));
  await b.engine.catchUp();
  await handle.deliver(b.ctx(), id, { kind: "roll-back" });
  await b.engine.catchUp();
  const state = await handle.read(b.ctx(), id);
  assert.deepEqual(state?.steps, {
    prepare: "undone",
    email: "undone",
    page: "undo-failed",
    ramp: "open",
  });
  assert.deepEqual(state?.paged, ["page"]);
  const done = await ledger(id);
  assert.ok(done.includes("page about page"), "nobody was told");
});

test("a rollback waits for a branch that still runs, then undoes it too", async () => {
  const b = bench();
  const emails = Promise.withResolvers<void>();
  const running = Promise.withResolvers<void>();
  const { id, handle } = await launch(
    b,
    launchBinding(database.db, {
      during: async (what) => {
        if (what !== "email") return;
        running.resolve();
        await emails.promise;
      },
    }),
  );
  const working = b.engine.catchUp();
  await running.promise;
  await handle.deliver(b.ctx(), id, { kind: "roll-back" });
  assert.equal((await handle.read(b.ctx(), id))?.steps.prepare, "done", "it did not wait");
  emails.resolve();
  await working;
  await b.engine.catchUp();
  const state = await handle.read(b.ctx(), id);
  assert.equal(state?.phase, "rolled-back");
  assert.deepEqual(state?.steps, {
    prepare: "undone",
    email: "undone",
    page: "undone",
    ramp: "open",
  });
});

test("an interrupted effect is tried again under the same key and never counts as a refusal", async () => {
  const b = bench();
  let calls = 0;
  const { id, handle } = await launch(
    b,
    launchBinding(database.db, {
      during: async (what) => {
        calls += what === "prepare" ? 1 : 0;
        if (what === "prepare" && calls < 3) throw new Error("the mail server is away");
      },
    }),
  );
  await b.engine.catchUp();
  assert.equal(calls, 1, "it was tried again at once");
  b.clock.advance(1_000);
  await b.engine.catchUp();
  b.clock.advance(2_000);
  await b.engine.catchUp();
  assert.equal(calls, 3);
  assert.equal((await handle.read(b.ctx(), id))?.steps.prepare, "done");
  const [effect] = await b.engine.control.effects(b.ctx(), id);
  assert.equal(effect?.attempts, 3);
  assert.deepEqual([...new Set(b.alarms.map(({ kind }) => kind))], ["effect-interrupted"]);
});

/** As if it had taken five processes down. */
async function setAside(id: string): Promise<void> {
  await database.db
    .updateTable("workflow_runs")
    .set({ status: "quarantined", reason: "the moon is full" })
    .where("id", "=", id)
    .execute();
}

test("a quarantined run does not move, and makes up for everything when it is retried", async () => {
  const b = bench();
  const { id, handle } = await launch(b);
  await b.engine.catchUp();
  await setAside(id);
  b.clock.advance(2 * SOAK_MS);
  await b.engine.catchUp();
  assert.equal((await handle.read(b.ctx(), id))?.steps.ramp, "open");
  const refused = await handle.deliver(b.ctx(), id, { kind: "roll-back" });
  assert.deepEqual(refused, err({ kind: "run-stopped", reason: "the moon is full" }));
  await b.engine.control.retry(b.ctx(), id);
  await b.engine.catchUp();
  assert.equal((await handle.read(b.ctx(), id))?.phase, "launched");
});

test("who insists is heard by a quarantined run too, and what they would do can be foreseen", async () => {
  const b = bench();
  const { id, handle } = await launch(b);
  await b.engine.catchUp();
  await setAside(id);
  const back = { kind: "roll-back" } as const;
  assert.equal((await handle.preview(b.ctx(), id, back)).ok, false);
  const foreseen = await handle.preview(b.ctx(), id, back, "insist");
  assert.ok(foreseen.ok);
  assert.equal((await b.engine.control.find(b.ctx(), id))?.status, "quarantined");
  const told = await handle.deliver(b.ctx(), id, back, "insist");
  assert.deepEqual(told.ok && told.value, foreseen.value.state);
  await b.engine.catchUp();
  assert.equal((await handle.read(b.ctx(), id))?.phase, "rolled-back");
});

test("a result that arrives while a run is quarantined is told once, when it goes on", async () => {
  const b = bench();
  const { id, handle } = await launch(
    b,
    launchBinding(database.db, {
      during: async (what) => {
        if (what === "prepare") await setAside(id);
      },
    }),
  );
  await b.engine.catchUp();
  assert.equal((await handle.read(b.ctx(), id))?.steps.prepare, "running");
  await b.engine.control.retry(b.ctx(), id);
  await b.engine.catchUp();
  assert.equal((await ledger(id)).filter((what) => what === "prepare").length, 1);
  assert.equal((await handle.read(b.ctx(), id))?.steps.page, "done");
});

test("a cancelled run ends by its own rules, and what it still wanted is not done", async () => {
  const b = bench();
  const { id } = await launch(b);
  const cancelled = await b.engine.control.cancel(b.ctx(), id, "not this week");
  assert.ok(cancelled.ok);
  await b.engine.catchUp();
  assert.equal((await b.engine.control.find(b.ctx(), id))?.status, "finished");
  assert.deepEqual(await ledger(id), []);
  assert.equal((await b.engine.control.cancel(b.ctx(), id, "again")).ok, false);
});

test("parked runs finish under the rules that they were started with", async () => {
  const first = bench();
  const { id } = await launch(first);
  await first.engine.catchUp();
  const other: Process<LaunchState, { kind: "go" | "roll-back" }> = {
    ...launchProcess,
    version: 2,
    advance: (state) => ({ state, effects: [], timers: [], finished: true }),
  };
  const deployed = bench();
  deployed.clock.advance(SOAK_MS);
  const newer = deployed.engine.register({ ...launchBinding(database.db), process: other });
  await deployed.engine.catchUp();
  assert.equal(await newer.read(deployed.ctx(), id), null);
  assert.deepEqual(await newer.deliver(deployed.ctx(), id, { kind: "roll-back" }), {
    ok: false,
    error: { kind: "unknown-version", process: "launch", version: 1 },
  });
  const old = deployed.engine.register(launchBinding(database.db));
  await deployed.engine.catchUp();
  assert.equal((await old.read(deployed.ctx(), id))?.phase, "launched");
});

test("a node without the rules of a run leaves it alone, says so and keeps its doorbell", async () => {
  const first = bench();
  const { id } = await launch(first);
  await first.engine.catchUp();
  const deployed = bench();
  deployed.clock.advance(SOAK_MS);
  await deployed.engine.catchUp();
  assert.deepEqual(
    deployed.alarms.map(({ kind, runId }) => [kind, runId]),
    [["unknown-version", id]],
  );
  assert.equal(await jobsOf(`wake:${id}`), 1);
  const finish = deployed.engine.register(launchBinding(database.db));
  await deployed.engine.catchUp();
  assert.equal((await finish.read(deployed.ctx(), id))?.phase, "launched");
});

test("a run that should move and has lost its doorbell gets one, and that is alarming", async () => {
  const b = bench();
  const { id } = await launch(b);
  await b.engine.catchUp();
  await sql`select graphile_worker.remove_job(${`wake:${id}`})`.execute(database.db);
  b.clock.advance(SOAK_MS + 60_000);
  await b.engine.sweep();
  assert.equal(await jobsOf(`wake:${id}`), 1);
  assert.ok(b.alarms.some(({ kind, runId }) => kind === "lost-doorbell" && runId === id));
  await b.engine.catchUp();
});

interface Counter {
  readonly count: number;
  readonly refused: string | null;
}

function counter(): ProcessBinding<Counter, { readonly kind: "add" }> {
  return {
    process: {
      name: "counter",
      version: 1,
      advance(state, event) {
        const next =
          event.kind === "effect-refused"
            ? { ...state, refused: event.reason }
            : { ...state, count: state.count + 1 };
        const effects =
          event.kind === "add"
            ? [
                { name: "mark", where: "inside", input: {} } as const,
                { name: "check", where: "inside", input: { count: next.count } } as const,
              ]
            : [];
        return { state: next, effects, timers: [], finished: false };
      },
      readState: (value) => value as Counter,
      writeState: jsonOf,
    },
    inside: {
      async mark(ctx, run) {
        await sql`insert into launch_ledger (run_id, what, key, attempt)
          values (${run.id}, 'mark', ${randomUUID()}, 1)`.execute(ctx.db);
        return ok({});
      },
      check: async (_ctx, _run, { count }) =>
        count === 2 ? err({ kind: "refused", reason: "two is too much" }) : ok({}),
    },
    after: {},
    async record(ctx, { run, after: state }) {
      const what = `recorded ${state.count}`;
      await sql`insert into launch_ledger (run_id, what, key, attempt)
        values (${run.id}, ${what}, ${randomUUID()}, 1)`.execute(ctx.db);
    },
  };
}

test("a refused effect undoes its whole advance, and the process is told instead", async () => {
  const b = bench();
  const handle = b.engine.register(counter());
  const id = randomUUID();
  const start = { id, subject: "counter/1", state: { count: 0, refused: null } };
  await handle.startRun(b.ctx(), start, { kind: "add" });
  const delivered = await handle.deliver(b.ctx(), id, { kind: "add" });
  assert.deepEqual(delivered, ok({ count: 1, refused: "two is too much" }));
  assert.deepEqual(
    await ledger(id),
    ["mark", "recorded 1", "recorded 1"],
    "the mark of the undone advance is left",
  );
  const [, line] = await b.engine.control.history(b.ctx(), id, 10);
  assert.equal(line?.kind, "effect-refused");
});

test("the runs of a workspace can be listed and filtered", async () => {
  const b = bench();
  const { id, handle } = await launch(b);
  for (const other of [randomUUID(), randomUUID()]) {
    b.clock.advance(1);
    const start = { id: other, subject: "launch/other", state: newLaunch(SOAK_MS) };
    await handle.startRun(b.ctx(), start, { kind: "go" });
  }
  const runs = await b.engine.control.list(b.ctx(), { subject: `launch/${id}` }, 10);
  assert.deepEqual(
    runs.map((run) => [run.id, run.status, run.process, run.version]),
    [[id, "active", "launch", 1]],
  );
  const all = await b.engine.control.list(b.ctx(), {}, 100);
  assert.equal(all.length, 3);
  assert.equal(all[2]?.id, id, "the newest comes first");
  const rest = await b.engine.control.list(b.ctx(), { before: all[0]?.id ?? "" }, 100);
  assert.deepEqual(rest, all.slice(1));
  await b.engine.control.cancel(b.ctx(), id, "enough");
  const finished = await b.engine.control.list(b.ctx(), { status: "finished" }, 100);
  assert.deepEqual(
    finished.map((run) => run.id),
    [id],
  );
  const elsewhere = { ...b.ctx(), workspaceId: randomUUID() };
  assert.deepEqual(await b.engine.control.list(elsewhere, {}, 10), []);
});
