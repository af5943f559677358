import assert from "node:assert/strict";
import { test } from "node:test";

import type { EngineEvent } from "@paceline/workflow";

import { exampleGuard, examplePlan, exampleReading, exampleStage } from "./plan-examples.ts";
import { advancePlan } from "./plan-process.ts";
import type { RolloutPlan } from "./plan.ts";
import { armedRun, refusalOfEvent } from "./stepper.ts";
import type { PlanEvent, PlanRun } from "./stepper.ts";

const START = Date.parse("2026-03-02T09:00:00Z");
const HOUR = 3_600_000;
const look: EngineEvent = { kind: "timer", name: "look" };

function at(hours: number): Date {
  return new Date(START + hours * HOUR);
}

interface Trace {
  readonly run: PlanRun;
  /** Stages that were published, in their order. */
  readonly published: readonly number[];
  readonly effects: readonly string[];
  readonly wakeAt: Date | null;
}

function play(
  plan: RolloutPlan,
  events: readonly (readonly [hours: number, event: PlanEvent | EngineEvent])[],
): Trace {
  let run = armedRun(plan, ["wera"]);
  const published: number[] = [];
  const effects: string[] = [];
  let wakeAt: Date | null = null;
  for (const [hours, event] of [[0, { kind: "start", by: "olga" }] as const, ...events]) {
    const next = advancePlan(run, event, at(hours));
    run = next.state;
    for (const { name, input } of next.effects) {
      effects.push(name);
      if (name === "publish") published.push(Number(input["stage"]));
    }
    wakeAt = next.timers[0]?.at ?? null;
  }
  return { run, published, effects, wakeAt };
}

const timed = examplePlan({
  stages: [
    exampleStage(0.1, { time: "PT1H" }),
    exampleStage(0.2, { time: "PT1H" }),
    exampleStage(0.5, { time: "PT1H" }),
    exampleStage(1, { time: "PT1H" }),
  ],
});

test("a stage is published when the time of the one before is over, and not earlier", () => {
  const early = play(timed, [[0.99, look]]);
  assert.deepEqual(early.published, [0]);
  assert.deepEqual(early.wakeAt, at(1));
  assert.deepEqual(play(timed, [[1, look]]).published, [0, 1]);
});

test("overdue time stages are made up for in one advance that publishes once", () => {
  const late = play(timed, [[2.5, look]]);
  assert.deepEqual(late.published, [0, 2]);
  assert.deepEqual(late.wakeAt, at(3), "the stage that was reached has its own time left");
  const veryLate = play(timed, [[50, look]]);
  assert.deepEqual(veryLate.published, [0, 3]);
  assert.equal(veryLate.run.state, "completed");
});

test("making up never crosses an approval or a guarded stage", () => {
  const approved = examplePlan({
    stages: [
      exampleStage(0.1, { time: "PT1H" }),
      exampleStage(0.2, { time: "PT1H", approval: { by: "legal" } }),
      exampleStage(1, { time: "PT1H" }),
    ],
  });
  const waiting = play(approved, [[100, look]]);
  assert.deepEqual(waiting.published, [0, 1]);
  assert.equal(
    waiting.wakeAt?.getTime(),
    at(101).getTime(),
    "its time begins when it is published",
  );
  const guarded = examplePlan({ ...timed, guards: [exampleGuard("a")] });
  assert.deepEqual(play(guarded, [[100, look]]).published, [0, 1]);
});

test("a guard that has no data holds at the end of its stage, and never rolls back", () => {
  const plan = examplePlan({ ...timed, guards: [exampleGuard("a", "roll-back")] });
  const silent = exampleReading("a", "no-data", at(0.5));
  const read = { kind: "guards-read", readings: [silent], exposedUnits: null } as const;
  const held = play(plan, [
    [0.5, read],
    [5, look],
  ]);
  assert.deepEqual(held.published, [0]);
  assert.equal(held.run.state, "holding");
  assert.match(held.run.reason ?? "", /said no-data/);
  const passed = exampleReading("a", "pass", at(6));
  const goes = play(plan, [
    [0.5, read],
    [5, look],
    [6, { kind: "guards-read", readings: [passed], exposedUnits: 10 }],
  ]);
  assert.deepEqual(goes.published, [0, 1]);
});

test("a reading that was begun in the stage before does not promote the next one", () => {
  const stages = timed.stages.map((stage) => ({ ...stage, hold: { ...stage.hold, guards: true } }));
  const plan = examplePlan({ stages, guards: [exampleGuard("a")] });
  const pass = (hours: number): PlanEvent => ({
    kind: "guards-read",
    readings: [exampleReading("a", "pass", at(hours))],
    exposedUnits: null,
  });
  const stale = play(plan, [
    [0.9, pass(0.9)],
    [1, look],
    [2.1, pass(0.95)],
    [2.2, look],
  ]);
  assert.deepEqual(stale.published, [0, 1]);
  assert.equal(stale.run.state, "holding");
});

test("harm rolls back at once, in a paused plan too, and ends it", () => {
  const plan = examplePlan({ ...timed, guards: [exampleGuard("a", "roll-back")] });
  const harm = exampleReading("a", "roll-back", at(0.5));
  const read = { kind: "guards-read", readings: [harm], exposedUnits: 5 } as const;
  for (const before of [[], [[0.2, { kind: "pause", by: "olga", reason: "lunch" }]]] as const) {
    const hit = play(plan, [...before, [0.5, read]]);
    assert.equal(hit.run.state, "rolling-back");
    assert.deepEqual(hit.effects.slice(-3), ["take-back", "end", "verify"]);
    assert.equal(hit.wakeAt, null);
  }
});

test("time stands still while a plan is paused", () => {
  const resumed = play(timed, [
    [0.5, { kind: "pause", by: "olga", reason: "lunch" }],
    [10, look],
    [20, { kind: "resume", by: "olga" }],
    [20.25, look],
  ]);
  assert.deepEqual(resumed.published, [0], "the pause counted as time of the stage");
  assert.deepEqual(resumed.wakeAt, at(20.5));
  assert.ok(resumed.effects.includes("check"), "resuming looks whether the flag is still its own");
});

test("only a member with the role who is no author can say yes", () => {
  const plan = examplePlan({
    stages: [exampleStage(0.1, { approval: { by: "legal" } }), exampleStage(1)],
  });
  const { run } = play(plan, []);
  const stage = plan.stages[0]?.id ?? "";
  const yes = (by: string, role: string): PlanEvent => ({ kind: "approve", stage, by, role });
  assert.match(refusalOfEvent(run, yes("lea", "engineer"), at(1)) ?? "", /role legal/);
  assert.match(refusalOfEvent(run, yes("wera", "legal"), at(1)) ?? "", /cannot approve/);
  assert.match(refusalOfEvent(run, yes("olga", "legal"), at(1)) ?? "", /cannot approve/);
  assert.equal(refusalOfEvent(run, yes("lea", "legal"), at(1)), null);
  assert.deepEqual(play(plan, [[1, yes("olga", "legal")]]).published, [0]);
  assert.equal(play(plan, [[1, yes("lea", "legal")]]).run.state, "completed");
});

test("a closed window holds and changes nothing that is served; its opening goes on", () => {
  const plan = examplePlan({
    ...timed,
    windows: [
      {
        kind: "open",
        name: "Office hours",
        startsAt: "2026-01-05T10:00",
        timeZone: "UTC",
        lasts: "PT2H",
        recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
      },
    ],
  });
  const closed = play(plan, []);
  assert.deepEqual([closed.published, closed.run.state], [[], "holding"]);
  assert.deepEqual(closed.wakeAt, at(1));
  const opened = play(plan, [[1, look]]);
  assert.deepEqual([opened.published, opened.run.state], [[0], "running"]);
  const evening = play(plan, [
    [1, look],
    [2, look],
    [9, look],
  ]);
  assert.deepEqual(evening.published, [0, 1]);
  const held = play(plan, [
    [1, look],
    [2, look],
    [3.5, look],
  ]);
  assert.equal(held.run.state, "holding");
  assert.deepEqual(held.wakeAt, at(25), "it looks again when the window opens");
});

test("a refused publication pauses the plan with the reason and keeps its stage", () => {
  const refused = play(timed, [
    [1, { kind: "effect-refused", effect: "publish", input: {}, reason: "the flag is archived" }],
  ]);
  assert.deepEqual([refused.run.state, refused.run.stage], ["paused", 0]);
  assert.equal(refused.run.reason, "the flag is archived");
});

test("only time can be let off", () => {
  const { run } = play(timed, []);
  const hurry: PlanEvent = { kind: "advance-now", by: "olga", reason: "all is well" };
  assert.equal(refusalOfEvent(run, hurry, at(0.1)), null);
  assert.deepEqual(play(timed, [[0.1, hurry]]).published, [0, 1]);
  const guarded = play(
    examplePlan({
      stages: timed.stages.map((stage) => ({ ...stage, hold: { ...stage.hold, guards: true } })),
      guards: [exampleGuard("a")],
    }),
    [],
  );
  assert.match(refusalOfEvent(guarded.run, hurry, at(0.1)) ?? "", /only time can be let off/);
});
