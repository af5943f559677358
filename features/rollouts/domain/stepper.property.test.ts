/** The rules of plans under every order of what may happen to them: late, repeated and lost doorbells included. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { EngineEvent } from "@paceline/workflow";
import fc from "fast-check";

import { durationMs } from "./duration.ts";
import { exampleGuard, examplePlan, exampleReading, exampleStage } from "./plan-examples.ts";
import { advancePlan } from "./plan-process.ts";
import type { Hold, RolloutPlan } from "./plan.ts";
import { armedRun, presentStage } from "./stepper.ts";
import type { PlanEvent, PlanRun } from "./stepper.ts";

const START = Date.parse("2026-03-02T09:00:00Z");
const MINUTE = 60_000;

const hold: fc.Arbitrary<Partial<Hold>> = fc.record({
  time: fc.constantFrom(null, "PT10M", "PT1H", "P1D"),
  sample: fc.constantFrom(null, null, null, 100),
  approval: fc.constantFrom(null, null, null, { by: "legal" }),
  guards: fc.boolean(),
});

const plan: fc.Arbitrary<RolloutPlan> = fc
  .record({
    holds: fc.array(hold, { minLength: 1, maxLength: 6 }),
    guarded: fc.boolean(),
  })
  .map(({ holds, guarded }) =>
    examplePlan({
      stages: holds.map((held, index) => exampleStage((index + 1) / holds.length, held)),
      guards: guarded ? [exampleGuard("g", "roll-back")] : [],
    }),
  );

interface Step {
  readonly afterMs: number;
  readonly what:
    | "look"
    | "look-late"
    | "pass"
    | "hold"
    | "no-data"
    | "harm"
    | "approve"
    | "approve-own"
    | "pause"
    | "resume"
    | "hurry"
    | "refused";
}

const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.constantFrom(0, 1, 10 * MINUTE, 60 * MINUTE, 26 * 60 * MINUTE),
  what: fc.constantFrom(
    "look",
    "look-late",
    "pass",
    "hold",
    "no-data",
    "harm",
    "approve",
    "approve-own",
    "pause",
    "resume",
    "hurry",
    "refused",
  ),
});

function eventOf(what: Step["what"], run: PlanRun, now: Date): PlanEvent | EngineEvent {
  const read = (verdict: "pass" | "hold" | "no-data" | "roll-back"): PlanEvent => ({
    kind: "guards-read",
    readings: run.plan.guards.map(({ id }) => exampleReading(id, verdict, now)),
    exposedUnits: 150,
  });
  const stage = presentStage(run)?.id ?? "none";
  switch (what) {
    case "look":
    case "look-late":
      return { kind: "timer", name: "look" };
    case "pass":
    case "hold":
    case "no-data":
      return read(what);
    case "harm":
      return read("roll-back");
    case "approve":
      return { kind: "approve", stage, by: "lea", role: "legal" };
    case "approve-own":
      return { kind: "approve", stage, by: "wera", role: "legal" };
    case "pause":
      return { kind: "pause", by: "olga", reason: "wait" };
    case "resume":
      return { kind: "resume", by: "olga" };
    case "hurry":
      return { kind: "advance-now", by: "olga", reason: "go" };
    case "refused":
      return { kind: "effect-refused", effect: "publish", input: {}, reason: "no" };
  }
}

interface Moment {
  readonly before: PlanRun;
  readonly after: PlanRun;
  readonly what: Step["what"] | "start";
  readonly now: Date;
  readonly published: readonly { readonly stage: number; readonly share: number }[];
}

function play(rollout: RolloutPlan, steps: readonly Step[]): readonly Moment[] {
  let run = armedRun(rollout, ["wera"]);
  let atMs = START;
  const trace: Moment[] = [];
  const take = (event: PlanEvent | EngineEvent, what: Moment["what"]): void => {
    const now = new Date(atMs);
    const next = advancePlan(run, event, now);
    const published = next.effects
      .filter(({ name }) => name === "publish")
      .map(({ input }) => ({
        stage: Number(input["stage"]),
        share: Number(input["exposureShare"]),
      }));
    trace.push({ before: run, after: next.state, what, now, published });
    run = next.state;
  };
  take({ kind: "start", by: "olga" }, "start");
  for (const { afterMs, what } of steps) {
    atMs += afterMs;
    take(eventOf(what, run, new Date(atMs)), what);
  }
  return trace;
}

const run = fc.record({ rollout: plan, steps: fc.array(step, { maxLength: 40 }) });

test("exposure only ever grows, one publication an advance, and always to a stage of the plan", () => {
  fc.assert(
    fc.property(run, ({ rollout, steps }) => {
      let share = 0;
      for (const { published } of play(rollout, steps)) {
        assert.ok(published.length <= 1, "an advance published twice");
        for (const one of published) {
          assert.equal(one.share, rollout.stages[one.stage]?.exposureShare);
          assert.ok(one.share > share, "exposure did not grow");
          share = one.share;
        }
      }
    }),
  );
});

test("an advance leaves more than one stage behind only where time alone held each of them", () => {
  fc.assert(
    fc.property(run, ({ rollout, steps }) => {
      for (const { before, published, now } of play(rollout, steps)) {
        const [one] = published;
        if (one === undefined) continue;
        const from = before.stage ?? -1;
        const skipped = rollout.stages.slice(from + 1, one.stage);
        for (const { hold: held } of skipped) {
          assert.equal(held.approval, null, "an approval was crossed");
          assert.equal(held.sample, null, "a sample was crossed");
          assert.ok(!held.guards || rollout.guards.length === 0, "a guarded stage was crossed");
        }
        if (skipped.length === 0 || before.clockAt === null) continue;
        const overdueMs = skipped.reduce(
          (sum, { hold: held }) => sum + (durationMs(held.time ?? "PT0S") ?? 0),
          Date.parse(before.clockAt),
        );
        assert.ok(overdueMs <= now.getTime(), "time was crossed that was not over");
      }
    }),
  );
});

test("no stage is left before its time, its units, its yes and its guards, unless somebody let time off", () => {
  fc.assert(
    fc.property(run, ({ rollout, steps }) => {
      for (const { before, after, published, what, now } of play(rollout, steps)) {
        const left = presentStage(before);
        const isDone = after.state === "completed" && before.state !== "completed";
        const isLeft = published.length > 0 || isDone;
        if (left === null || !isLeft) continue;
        const { time, sample, approval } = left.hold;
        const since = now.getTime() - Date.parse(before.clockAt ?? "");
        const isOver = time === null || since >= (durationMs(time) ?? 0);
        assert.ok(isOver || what === "hurry" || before.timeLetOff, "its time was not over");
        const counts = ["pass", "hold", "no-data", "harm"].includes(what);
        const units = Math.max(before.exposedUnits ?? 0, counts ? 150 : 0);
        assert.ok(sample === null || units >= sample, "its units were not there");
        assert.ok(
          approval === null ||
            after.approvals.some(({ stage, by }) => stage === left.id && by === "lea"),
          "nobody said yes who may",
        );
        const stops = what === "hold" || what === "no-data" || what === "harm";
        assert.ok(!stops || rollout.guards.length === 0, "it went on against its guards");
      }
    }),
  );
});

test("missing data and refused publications never roll back; harm always does, and nothing moves after it", () => {
  fc.assert(
    fc.property(run, ({ rollout, steps }) => {
      let isBack = false;
      for (const { before, after, what, published } of play(rollout, steps)) {
        if (isBack) assert.deepEqual([after, published], [before, []]);
        const moving = ["running", "holding", "paused"].includes(before.state);
        const harmful =
          what === "harm" && rollout.guards.length > 0 && moving && before.stage !== null;
        const isRolling = after.state === "rolling-back" && before.state !== "rolling-back";
        assert.equal(isRolling, harmful);
        isBack ||= isRolling;
      }
    }),
  );
});

test("a doorbell that rings twice, or too early, changes nothing", () => {
  fc.assert(
    fc.property(run, ({ rollout, steps }) => {
      const last = play(rollout, steps).at(-1);
      assert.ok(last !== undefined);
      const look: EngineEvent = { kind: "timer", name: "look" };
      const once = advancePlan(last.after, look, last.now);
      const twice = advancePlan(once.state, look, last.now);
      assert.deepEqual(twice.state, once.state);
      assert.deepEqual(twice.effects, []);
    }),
  );
});

test("every deadline that a plan sets lies ahead of it", () => {
  fc.assert(
    fc.property(run, ({ rollout, steps }) => {
      let state = armedRun(rollout, []);
      let atMs = START;
      for (const { afterMs, what } of [{ afterMs: 0, what: "look" as const }, ...steps]) {
        atMs += afterMs;
        const now = new Date(atMs);
        const event =
          state.state === "armed"
            ? ({ kind: "start", by: "x" } as const)
            : eventOf(what, state, now);
        const next = advancePlan(state, event, now);
        for (const { at } of next.timers) assert.ok(at > now, "a deadline that has passed");
        state = next.state;
      }
    }),
  );
});
