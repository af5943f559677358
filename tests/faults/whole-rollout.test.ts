/**
 * Rollouts on whole servers that are killed with SIGKILL in the middle of their transitions: the server
 * as `npm start` starts it, with HTTP, events through the intake that feed a guard, a service with our SDK
 * and pages with OFREP's stream. `npm run test:rollouts` kills in every window of every transition and stops
 * PostgreSQL for a minute. (Two whole servers are in two-servers-long.ts.)
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { DuckDBInstance } from "@duckdb/node-api";
import { OpenFeature } from "@openfeature/server-sdk";

import { unitsOf } from "./flag-clients.ts";
import { HOLD, Journey, STEP_SECONDS } from "./whole-journey.ts";
import { WholeWorld, WINDOWS } from "./whole-world.ts";
import type { Answer, Node, Window } from "./whole-world.ts";

const LONG = process.env["PACELINE_LONG"] === "1";
const OUTAGE_MS = 60_000;

const world = new WholeWorld();
const journeys: Journey[] = [];
let node: Node;
before(async () => {
  await world.startDatabase();
  node = await world.addNode("one");
});
after(async () => {
  await Promise.all(journeys.map((journey) => journey.close()));
  await OpenFeature.close();
  await world.close();
});

function begin(flagKey: string, stages: ConstructorParameters<typeof Journey>[3]): Journey {
  const journey = new Journey(world, node, flagKey, stages);
  journeys.push(journey);
  return journey;
}

function tell(t: TestContext, { killed }: Journey): void {
  for (const { transition, window, aloneMs } of killed) {
    t.diagnostic(`${transition}, ${window}: clients were alone for ${Math.round(aloneMs)} ms`);
  }
}

/** Ids of the stored events, from the files of the stopped server itself. */
async function storedIds(): Promise<ReadonlyMap<string, number>> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    "SELECT message_id, count(*)::INTEGER FROM read_parquet($1) WHERE event = 'Failed' GROUP BY message_id",
    [join(node.dataDir, "events", "segments", "*.parquet")],
  );
  const counts = new Map(reader.getRows().map(([id, count]) => [String(id), Number(count)]));
  connection.closeSync();
  instance.closeSync();
  return counts;
}

type Ask = () => Promise<Answer>;

/** Up by time, a yes and a sample, and back by a guard; the server dies in those that `kills` names. */
async function guarded(
  t: TestContext,
  flagKey: string,
  window: Window,
  kills: readonly string[],
): Promise<void> {
  const journey = begin(flagKey, [
    { share: 0.1, hold: { time: "PT1S" } },
    { share: 0.22, hold: { approval: { by: "owner" } } },
    { share: 0.35, hold: { sample: 90, guards: true } },
    { share: 0.5, hold: { time: "P1D", guards: true } },
    { share: 1, hold: {} },
  ]);
  await journey.prepare({ guarded: true });
  const somebodyElse = await world.key(node, "admin");
  const [sdk] = journey.clients;
  assert.ok(sdk !== undefined);
  const through = async (name: string, trigger?: () => Promise<unknown>): Promise<void> => {
    if (kills.includes(name)) await journey.killDuring(name, window, trigger);
    else await trigger?.();
  };
  const asked = async (name: string, ask: Ask): Promise<void> => {
    if (kills.includes(name)) await journey.killDuringAsk(name, window, ask);
    else assert.ok((await ask()).status < 300, name);
  };
  // Before the start: its time may be over before anybody looks.
  const onTime = kills.includes("time") ? journey.holdNext(window, 1) : null;
  await onTime;
  await asked("start", journey.asking("start"));
  // The guard may be read before the time is over, and holds the plan until it has enough units.
  const early = async (): Promise<void> => {
    // Before it has the first stage it exposes nobody, and would not ask again.
    await journey.served(0.1, [sdk]);
    await sdk.exposed(unitsOf("early", 800));
  };
  if (onTime === null) await early();
  else await journey.killDuring("time", window, early, onTime);
  await journey.served(0.22);
  await asked("approval", journey.asking("approve", { stage: "s1" }, somebodyElse));
  await journey.served(0.35);
  await through("sample", () => sdk.exposed(unitsOf("more", 400)));
  await journey.served(0.5);
  const exposed = await sdk.exposed();
  const harmed = exposed.filter((_, index) => index % 3 === 0);
  await through("breach", () => journey.fail(harmed));
  await journey.until("the end", ({ state }) => state === "rolled-back");
  await journey.served(0);
  await journey.assertLog([0, 0.1, 0.22, 0.35, 0.5, 0]);
  assert.equal(journey.acknowledged.size, harmed.length);
  tell(t, journey);
}

test("killed in its stage transition and in the rollback that a guard began, a whole server goes on where it was", async (t) => {
  await guarded(t, "basket", "inside", ["time", "breach"]);
});

test("killed between a commit and its answer, a command is not done twice when its key is repeated", async () => {
  const [journey] = journeys;
  assert.ok(journey !== undefined);
  const { flagKey } = journey;
  const plan = {
    name: "Once",
    flagKey,
    environment: "production",
    ruleId: "new",
    stages: [{ id: "all", name: "Everybody", exposureShare: 1, when: null, hold: HOLD }],
  };
  const ask = journey.asking("/api/v1/rollouts", plan);
  const held = await world.holdAnswer();
  const first = ask().catch(() => null);
  await held.reached();
  await node.kill();
  await held.release();
  assert.equal(await first, null);
  await node.start();
  const again = await ask();
  assert.equal(again.status, 409);
  assert.match(again.body.type, /idempotent-answer-lost$/);
  const { items } = await world.must(node, "GET", `/api/v1/rollouts?flagKey=${flagKey}`);
  assert.equal(items.filter(({ name }: { readonly name: string }) => name === "Once").length, 1);
});

for (const window of LONG ? WINDOWS : []) {
  test(`killed ${window} in every transition up and in the rollback of a guard, exposure never jumps forward`, async (t) => {
    const kills = ["start", "time", "approval", "sample", "breach"];
    await guarded(t, `up-${window}`, window, kills);
  });

  test(`killed ${window} in every step of a rollback last in, first out, exposure only ever falls`, async (t) => {
    const journey = begin(
      `down-${window}`,
      [0.1, 0.35, 1].map((share) => ({ share, hold: { time: "P1D" } })),
    );
    const wayBack = { pace: "last-in-first-out", stepSeconds: STEP_SECONDS };
    await journey.prepare({ guarded: false, wayBack });
    assert.ok((await journey.asking("start")()).status < 300);
    for (const share of [0.35, 1]) {
      assert.ok((await journey.asking("advance", { reason: "All is well." })()).status < 300);
      await journey.served(share);
    }
    const back = journey.asking(`/api/v1/environments/production/flags/down-${window}/rollback`, {
      reason: "Orders fall.",
    });
    await journey.killDuringAsk("first step", window, back);
    await journey.until("the first step", ({ exposureShare }) => exposureShare === 0.35);
    await journey.killDuring("second step", window, () => journey.nextStepIsDue());
    await journey.until("the second step", ({ exposureShare }) => exposureShare === 0.1);
    await journey.killDuring("target", window, () => journey.nextStepIsDue());
    await journey.until("the end", ({ state }) => state === "rolled-back");
    await journey.served(0);
    await journey.assertLog([0, 0.1, 0.35, 1, 0.35, 0.1, 0]);
    tell(t, journey);
  });
}

for (const window of LONG ? WINDOWS : []) {
  test(`killed ${window} in the steps down of a flag that no plan moves, exposure only ever falls`, async (t) => {
    const journey = begin(`alone-${window}`, [{ share: 1, hold: {} }]);
    const wayBack = { pace: "last-in-first-out", stepSeconds: STEP_SECONDS };
    await journey.prepare({ guarded: false, wayBack });
    const flag = `/api/v1/flags/alone-${window}/environments/production`;
    for (const exposureShare of [0.1, 0.35, 1]) {
      const raise = journey.asking(`${flag}/rules/new/exposure`, { exposureShare });
      assert.ok((await raise()).status < 300);
    }
    await journey.served(1);
    const back = journey.asking(`/api/v1/environments/production/flags/alone-${window}/rollback`, {
      reason: "Orders fall.",
    });
    await journey.killDuringAsk("first step", window, back);
    await journey.follow();
    await journey.until("the first step", ({ exposureShare }) => exposureShare === 0.35);
    await journey.killDuring("second step", window, () => journey.nextStepIsDue());
    await journey.until("the second step", ({ exposureShare }) => exposureShare === 0.1);
    await journey.killDuring("target", window, () => journey.nextStepIsDue());
    await journey.until("the end", ({ state }) => state === "rolled-back");
    await journey.served(0);
    await journey.assertLog([0, 0.1, 0.35, 1, 0.35, 0.1, 0]);
    tell(t, journey);
  });
}

/** Nothing is on its way when PostgreSQL goes, and all of it is overdue when it is back. */
const TIMED = [0.1, 0.35, 0.6, 1].map((share, index) => ({
  share,
  hold: { time: index === 0 ? "PT30S" : "PT4S" },
}));

test(
  "PostgreSQL that is away for a minute takes nothing from clients, and the plan goes on",
  { skip: !LONG && "long form" },
  async () => {
    const journey = begin("outage", TIMED);
    await journey.prepare({ guarded: false });
    assert.ok((await journey.asking("start")()).status < 300);
    await journey.served(0.1);
    await world.stopDatabase();
    await journey.assertKept(() => pause(OUTAGE_MS));
    await world.startDatabase();
    await journey.until("the end", ({ state }) => state === "completed");
    await journey.served(1);
    const log = await journey.opened();
    await journey.assertLog(log.map(({ share }) => share));
    assert.deepEqual(
      log.map(({ share }) => share),
      log.map(({ share }) => share).toSorted((a, b) => a - b),
      "exposure fell",
    );
  },
);

test("no event that was acknowledged is lost or counted twice", async () => {
  await node.stop();
  const stored = await storedIds();
  const sent = journeys.flatMap(({ acknowledged }) => [...acknowledged]);
  assert.ok(sent.length > 0);
  for (const id of sent) assert.equal(stored.get(id), 1, id);
});
