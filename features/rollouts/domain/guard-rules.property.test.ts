import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { GUARD_ACTIONS } from "./guard.ts";
import type { AlertMatcher, Guard, SeriesThresholdSource } from "./guard.ts";
import { ALERT_STALE_MS, checkGuards, judgeAlerts, judgeArrival, judgeSeries } from "./index.ts";
import type { FiringAlert, GuardBucket } from "./index.ts";

const action = fc.constantFrom(...GUARD_ACTIONS);
const NOW = new Date("2026-11-27T12:00:00Z");
const START = new Date("2026-11-27T11:00:00Z");
const MINUTE_MS = 60_000;

const series: SeriesThresholdSource = {
  kind: "series-threshold",
  events: { type: "track", event: "Failed" },
  measure: { of: "events" },
  per: null,
  who: "everybody",
  bucketSeconds: 60,
  comparison: "above",
  threshold: 10,
  forSeconds: 180,
};

/** Buckets of a minute up to now, the newest last. */
function bucketsOf(values: readonly (number | null)[]): readonly GuardBucket[] {
  return values.map((value, index) => ({
    at: NOW.getTime() - (values.length - index) * MINUTE_MS - 10_000,
    value,
    events: value ?? 0,
  }));
}

function judge(source: SeriesThresholdSource, values: readonly (number | null)[]) {
  const buckets = bucketsOf(values);
  return judgeSeries({
    source,
    action: "roll-back",
    buckets,
    startedAt: START,
    enteredAt: START,
    now: NOW,
  }).verdict;
}

test("a series breaks its guard only if it crosses in every bucket of the time asked for", () => {
  const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 10 });
  fc.assert(
    fc.property(values, (all) => {
      const crossed = all.slice(-3).every((value) => value > 10);
      assert.equal(judge(series, all), crossed ? "roll-back" : "pass");
    }),
  );
});

test("a bucket without a value is missing, and neither breaks a guard nor passes for one that holds", () => {
  const mean: SeriesThresholdSource = { ...series, measure: { of: "mean", property: "ms" } };
  assert.equal(judge(mean, [20, null, 20]), "no-data");
  assert.equal(judge(mean, [null, null, null]), "no-data");
  assert.equal(judge(mean, [20, null, 5]), "pass");
  assert.equal(judge({ ...series, comparison: "below" }, [0, 0, 0]), "no-data");
  assert.equal(judge({ ...series, comparison: "below" }, [3, 0, 0]), "roll-back");
});

test("what was so before the rollout does not count", () => {
  const buckets = bucketsOf([20, 20, 20]);
  const startedAt = new Date(NOW.getTime() - 2 * MINUTE_MS);
  const input = { source: series, action: "roll-back", buckets, startedAt, now: NOW } as const;
  assert.equal(judgeSeries({ ...input, enteredAt: startedAt }).verdict, "no-data");
});

test("a stage is passed by its own buckets; what is broken breaks it at once", () => {
  const enteredAt = new Date(NOW.getTime() - 2 * MINUTE_MS);
  const input = { source: series, action: "roll-back", startedAt: START, now: NOW } as const;
  const judged = (values: readonly number[], from: Date) =>
    judgeSeries({ ...input, buckets: bucketsOf(values), enteredAt: from }).verdict;
  assert.equal(judged([1, 1, 1], enteredAt), "no-data");
  assert.equal(judged([1, 1, 1], START), "pass");
  assert.equal(judged([20, 20, 20], enteredAt), "roll-back");
});

test("a count that is above is so before its bucket is over; one that is below may yet rise", () => {
  const now = new Date(NOW.getTime() - MINUTE_MS + 5_000);
  const buckets = bucketsOf([0, 0, 20]);
  const above = { ...series, forSeconds: 0 };
  const judged = (source: SeriesThresholdSource, all: readonly GuardBucket[]) =>
    judgeSeries({
      source,
      action: "hold",
      buckets: all,
      startedAt: START,
      enteredAt: START,
      now,
    }).verdict;
  assert.equal(judged(above, buckets), "hold");
  assert.equal(judged({ ...above, comparison: "below" }, bucketsOf([20, 20, 1])), "pass");
});

test("missing events never roll back, and a quiet hour by chance breaks nothing", () => {
  const source = {
    kind: "no-data",
    events: { type: null, event: "Order" },
    expectedPerMinute: null,
    forSeconds: 60,
  } as const;
  fc.assert(
    fc.property(action, fc.integer({ min: 0, max: 1_000 }), (what, count) => {
      const { verdict } = judgeArrival(source, what, count);
      assert.notEqual(verdict, "roll-back");
      assert.equal(verdict === "pass", count > 0);
    }),
  );
  const expecting = { ...source, expectedPerMinute: 5 };
  assert.equal(judgeArrival(expecting, "hold", 2).verdict, "pass");
  assert.equal(judgeArrival({ ...expecting, forSeconds: 600 }, "hold", 20).verdict, "hold");
  assert.equal(judgeArrival({ ...expecting, forSeconds: 600 }, "hold", 40).verdict, "pass");
});

const label = fc.constantFrom("severity", "service", "flag");
const value = fc.constantFrom("", "critical", "warning", "shop");
const labels = fc.dictionary(label, value);
const matcher: fc.Arbitrary<AlertMatcher> = fc.oneof(
  fc.record({
    label,
    operator: fc.constantFrom("equals" as const, "not-equals" as const),
    value,
  }),
  fc.record({
    label,
    operator: fc.constant("in" as const),
    values: fc.array(value, { minLength: 1 }),
  }),
);
const alert: fc.Arbitrary<FiringAlert> = fc.record({
  fingerprint: fc.string(),
  labels,
  startsAt: fc.date({ min: new Date("2026-11-26"), max: NOW, noInvalidDate: true }),
  receivedAt: fc.date({ min: new Date("2026-11-25"), max: NOW, noInvalidDate: true }),
});

test("only an alert that matches, is fresh and began with the rollout rolls back", () => {
  fc.assert(
    fc.property(fc.array(matcher, { minLength: 1 }), fc.array(alert), (matchers, firing) => {
      const { verdict } = judgeAlerts({
        source: { kind: "alert", matchers },
        action: "roll-back",
        firing,
        hasReceiver: true,
        startedAt: START,
        now: NOW,
      });
      const counted = firing.filter(
        (one) =>
          NOW.getTime() - one.receivedAt.getTime() < ALERT_STALE_MS &&
          matchers.every((rule) => {
            const found = one.labels[rule.label] ?? "";
            if (rule.operator === "in") return rule.values.includes(found);
            return (found === rule.value) === (rule.operator === "equals");
          }),
      );
      const expected = counted.some(({ startsAt }) => startsAt >= START)
        ? "roll-back"
        : counted.length > 0
          ? "hold"
          : "pass";
      assert.equal(verdict, expected);
    }),
  );
});

test("without a receiver an alert guard has no data", () => {
  const input = { action: "roll-back", firing: [], startedAt: START, now: NOW } as const;
  const source = { kind: "alert", matchers: [] } as const;
  assert.equal(judgeAlerts({ ...input, source, hasReceiver: false }).verdict, "no-data");
});

test("a plan's guards are refused with the field and the way out", () => {
  const guard = (id: string, source: Guard["source"], what: Guard["action"] = "hold"): Guard => {
    return { id, name: id, action: what, source };
  };
  const surroundings = { metrics: new Set(["paid"]), recordsExposure: false };
  const events = { type: null, event: null };
  const noData = { kind: "no-data", events, expectedPerMinute: null, forSeconds: 60 } as const;
  const faults = checkGuards(
    [
      guard("a", noData, "roll-back"),
      guard("a", { kind: "sample-ratio" }),
      guard("c", { ...series, who: "exposed", measure: { of: "mean", property: "ms" } }),
    ],
    surroundings,
  );
  assert.deepEqual(
    faults.map(({ pointer }) => pointer),
    [
      "/guards/0/action",
      "/guards/1/id",
      "/guards/1/source/kind",
      "/guards/2/source/kind",
      "/guards/2/source/who",
    ],
  );
  assert.deepEqual(checkGuards([guard("s", series)], surroundings), []);
  const ratio = [guard("r", { kind: "sample-ratio" })];
  const recording = { metrics: new Set<string>(), recordsExposure: true };
  assert.deepEqual(checkGuards(ratio, recording), []);
  assert.equal(checkGuards(ratio, { ...recording, servesExperiment: true }).length, 1);
});
