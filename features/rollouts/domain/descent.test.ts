import assert from "node:assert/strict";
import { test } from "node:test";

import type { EngineEvent } from "@paceline/workflow";
import fc from "fast-check";

import type { GuardReading } from "./guard.ts";
import { exampleGuard, examplePlan, exampleReading, exampleStage } from "./plan-examples.ts";
import { advancePlan } from "./plan-process.ts";
import { stepSecondsOf } from "./rollback.ts";
import { armedRun, refusalOfEvent } from "./stepper.ts";
import type { PlanEvent, PlanRun } from "./stepper.ts";

const START = Date.parse("2026-03-02T09:00:00Z");
const look: EngineEvent = { kind: "timer", name: "step" };
const wish: PlanEvent = { kind: "roll-back", by: "olga", reason: "Orders fall.", stepSeconds: 30 };
const { stepSeconds: _, ...now } = wish;

function at(seconds: number): Date {
  return new Date(START + seconds * 1_000);
}

const plan = examplePlan({
  stages: [0.05, 0.25, 0.25, 0.5, 1].map((share, index, { length }) =>
    exampleStage(share, index === length - 1 ? { time: "P1D" } : {}),
  ),
  guards: [exampleGuard("a", "roll-back"), exampleGuard("b", "roll-back")],
});

/** The plan at its last stage, on everybody. */
const onTop: PlanRun = {
  ...armedRun(plan, ["wera"]),
  state: "running",
  stage: 4,
  enteredAt: at(0).toISOString(),
  clockAt: at(0).toISOString(),
  startedAt: at(0).toISOString(),
};

interface Trace {
  readonly run: PlanRun;
  readonly shares: readonly number[];
  readonly effects: readonly string[];
  readonly takenBack: Readonly<Record<string, unknown>> | null;
  readonly wakeAt: Date | null;
}

function play(
  events: readonly (readonly [seconds: number, event: PlanEvent | EngineEvent])[],
  from = onTop,
): Trace {
  let run = from;
  let wakeAt: Date | null = null;
  let takenBack: Trace["takenBack"] = null;
  const shares: number[] = [];
  const effects: string[] = [];
  for (const [seconds, event] of events) {
    const next = advancePlan(run, event, at(seconds));
    run = next.state;
    wakeAt = next.timers[0]?.at ?? null;
    for (const { name, input } of next.effects) {
      effects.push(name);
      if (name === "lower" || name === "publish") shares.push(Number(input["exposureShare"]));
      if (name === "take-back") takenBack = input;
    }
  }
  return { run, shares, effects, takenBack, wakeAt };
}

function read(guardId: string, verdict: GuardReading["verdict"], seconds: number): PlanEvent {
  const readings = [exampleReading(guardId, verdict, at(seconds))];
  return { kind: "guards-read", readings, exposedUnits: null };
}

test("those who came last leave first: down through the earlier stages, then to the target", () => {
  const begun = play([[0, wish]]);
  assert.deepEqual([begun.run.state, begun.shares], ["rolling-back", [0.5]]);
  assert.deepEqual(begun.wakeAt, at(30));
  const down = play([
    [0, wish],
    [30, look],
    [60, look],
  ]);
  assert.deepEqual(down.shares, [0.5, 0.25, 0.05]);
  const back = play([
    [0, wish],
    [30, look],
    [60, look],
    [90, look],
  ]);
  assert.deepEqual(back.effects.slice(-3), ["take-back", "end", "verify"]);
  assert.equal(back.takenBack?.["trigger"], "manual");
  assert.equal(back.takenBack["by"], "olga");
  assert.deepEqual(
    (back.takenBack["steps"] as { exposureShare: number }[]).map((step) => step.exposureShare),
    [0.5, 0.25, 0.05],
  );
  assert.equal(back.wakeAt, null);
});

test("after downtime only the lowest share that is due is published, or the target itself", () => {
  const late = play([
    [0, wish],
    [70, look],
  ]);
  assert.deepEqual(late.shares, [0.5, 0.05]);
  const veryLate = play([
    [0, wish],
    [900, look],
  ]);
  assert.deepEqual(veryLate.shares, [0.5]);
  assert.ok(veryLate.effects.includes("take-back"));
});

test("a person makes it instant; to ask for steps again is refused with the way out", () => {
  const begun = play([[0, wish]]);
  assert.match(refusalOfEvent(begun.run, wish, at(1)) ?? "", /instant takes it back at once/);
  const hurried = play([[1, { ...now, reason: "Faster." }]], begun.run);
  assert.deepEqual(hurried.effects, ["take-back", "end", "verify"]);
  assert.equal(hurried.takenBack?.["reason"], "Faster.");
});

test("new harm makes it instant; the harm that began it, and other readings, do not", () => {
  const automatic = { ...read("a", "roll-back", 0), stepSeconds: 30 } as PlanEvent;
  const begun = play([
    [0, automatic],
    [1, read("a", "roll-back", 1)],
    [2, read("b", "hold", 2)],
  ]);
  assert.deepEqual([begun.run.state, begun.shares], ["rolling-back", [0.5]]);
  assert.deepEqual(begun.wakeAt, at(30), "a reading has moved the next step");
  const hurried = play([[3, read("b", "roll-back", 3)]], begun.run);
  assert.deepEqual(hurried.effects, ["take-back", "end", "verify"]);
  const plain = play([[0, read("a", "roll-back", 0)]]);
  assert.deepEqual(
    plain.effects,
    ["take-back", "end", "verify"],
    "guards are instant unless asked",
  );
});

test("a step that is refused, or a flag that somebody moved, leads straight to the target", () => {
  const refused: EngineEvent = {
    kind: "effect-refused",
    effect: "lower",
    input: { trigger: "manual", reason: "Orders fall." },
    reason: "somebody moved it",
  };
  for (const [from, event] of [
    [onTop, refused],
    [play([[0, wish]]).run, refused],
    [play([[0, wish]]).run, { kind: "flag-moved", reason: "reverted" }],
  ] as const) {
    const back = play([[5, event]], from);
    assert.deepEqual(back.effects, ["take-back", "end", "verify"]);
    assert.equal(back.takenBack?.["reason"], "Orders fall.");
  }
});

test("a target that cannot be published pauses the way down, and nothing goes up from there", () => {
  const no: EngineEvent = { kind: "effect-refused", effect: "take-back", input: {}, reason: "no" };
  const stuck = play([
    [0, wish],
    [95, no],
  ]);
  assert.deepEqual([stuck.run.state, stuck.wakeAt], ["paused", null]);
  assert.equal(stuck.effects.at(-1), "page", "nobody is told");
  const again = advancePlan(stuck.run, no, at(97));
  assert.deepEqual([again.effects, again.quiet], [[], true], "somebody is told again and again");
  const resume: PlanEvent = { kind: "resume", by: "olga" };
  assert.match(refusalOfEvent(stuck.run, resume, at(99)) ?? "", /on its way back/);
  assert.deepEqual(play([[99, now]], stuck.run).effects, ["take-back", "end", "verify"]);
});

test("from the first stage nothing lies between, so that it is instant", () => {
  assert.deepEqual(play([[0, wish]], { ...onTop, stage: 0 }).effects, [
    "take-back",
    "end",
    "verify",
  ]);
});

test("no step goes below what the target exposes: exposure would rise again at the end", () => {
  const shown = (leastShare: number): readonly number[] =>
    play([
      [0, { ...wish, leastShare }],
      [30, look],
      [60, look],
      [90, look],
    ]).shares;
  assert.deepEqual(shown(0.05), [0.5, 0.25]);
  assert.deepEqual(shown(0.3), [0.5]);
  assert.deepEqual(shown(0.5), []);
  const harm = { ...read("a", "roll-back", 0), stepSeconds: 30, leastShare: 0.25 } as PlanEvent;
  const guarded = play([
    [0, harm],
    [30, look],
  ]);
  assert.deepEqual(guarded.shares, [0.5]);
  assert.equal(guarded.takenBack?.["trigger"], "guard-breach");
});

test("a definition gives the pace, unless somebody asks for another", () => {
  const own = { pace: "last-in-first-out", automaticPace: "instant", stepSeconds: 10 } as const;
  assert.equal(stepSecondsOf(own, null), 10);
  assert.equal(stepSecondsOf(own, "automatic"), null);
  assert.equal(stepSecondsOf(own, "instant"), null);
  assert.equal(stepSecondsOf(null, null), null);
  assert.equal(stepSecondsOf(null, "last-in-first-out"), 30);
});

const anything: fc.Arbitrary<(seconds: number) => PlanEvent | EngineEvent> = fc.constantFrom(
  () => look,
  () => wish,
  () => ({ kind: "resume", by: "olga" }) as const,
  () => ({ kind: "pause", by: "olga", reason: "wait" }) as const,
  () => ({ kind: "advance-now", by: "olga", reason: "go" }) as const,
  (seconds: number) => read("a", "pass", seconds),
  (seconds: number) => read("b", "no-data", seconds),
  (seconds: number) => read("b", "roll-back", seconds),
  () => ({ kind: "flag-moved", reason: "reverted" }) as const,
  () => now,
);

test("whatever happens on the way down, exposure only falls, once an advance, and ends at the target", () => {
  const target = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 }));
  const shares = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
  const events = fc.array(fc.tuple(fc.constantFrom(0, 1, 10, 31, 200), anything), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(shares, events, target, (percents, steps, least) => {
      const stages = percents
        .toSorted((a, b) => a - b)
        .map((percent) => exampleStage(percent / 100));
      const top = { ...onTop, plan: { ...plan, stages }, stage: stages.length - 1 };
      let share = stages.at(-1)?.exposureShare ?? 0;
      const leastShare = least / 100;
      let seconds = 0;
      let run: PlanRun = top;
      const effects: string[] = [];
      const take = (event: PlanEvent | EngineEvent): void => {
        const next = advancePlan(run, event, at(seconds));
        run = next.state;
        const lowered = next.effects.filter(({ name }) => name === "lower");
        assert.ok(lowered.length <= 1, "two publications in one advance");
        for (const { input } of lowered) {
          assert.ok(Number(input["exposureShare"]) < share, "exposure did not fall");
          assert.ok(Number(input["exposureShare"]) > leastShare, "exposure rises at the end");
          assert.ok(!effects.includes("take-back"), "a step after the target");
          share = Number(input["exposureShare"]);
        }
        const isLate = next.timers.some(({ at: wakeAt }) => wakeAt <= at(seconds));
        assert.ok(!isLate || event.kind !== "timer", "a step that rings again and again");
        effects.push(...next.effects.map(({ name }) => name));
      };
      take({ ...wish, leastShare });
      for (const [after, event] of steps) {
        seconds += after;
        take(event(seconds));
      }
      seconds += 3_600;
      take(look);
      assert.equal(run.state, "rolling-back");
      assert.equal(effects.filter((name) => name === "take-back").length, 1);
      assert.ok(!effects.includes("publish"), "a stage was published on the way back");
    }),
  );
});
