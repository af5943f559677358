import assert from "node:assert/strict";
import { test } from "node:test";

import type { MonitorFinding } from "./analysis-types.ts";
import { FIRST_READING_UNITS_PER_ARM, monitor } from "./monitor.ts";
import { REFUNDS, START, testRunCriterion, testStatistics } from "./test-run.ts";
import type { TestArm } from "./test-run.ts";

function read(
  arms: Readonly<Record<string, TestArm>>,
  criterion = testRunCriterion(),
  crossExposed = 0,
): MonitorFinding {
  return monitor({ criterion, statistics: testStatistics(arms, START, crossExposed) });
}

test("a healthy run is left alone, with its always-valid intervals", () => {
  const finding = read({ control: [2000, 200, 20], one_page: [2000, 210, 20] });
  assert.equal(finding.action, "none");
  assert.deepEqual(
    finding.intervals.map(({ metric }) => metric),
    ["paid_order", "refund_rate"],
  );
  const [primary] = finding.intervals;
  assert.ok(primary !== undefined && primary.interval[0] < -0.2 && primary.interval[1] > 0.3);
});

test("even the largest win changes nothing: the monitor cannot ship", () => {
  assert.equal(read({ control: [5000, 100, 20], one_page: [5000, 4000, 20] }).action, "none");
});

test("proven harm on the primary rolls back", () => {
  const finding = read({ control: [2000, 400, 20], one_page: [2000, 200, 20] });
  assert.deepEqual([finding.action, finding.trigger], ["rollback", "primary-harm"]);
  assert.match(finding.reason, /^Paid order of one_page is down by 50\.0%/);
});

test("a breached guardrail does what its rule says: roll back, hold, or only warn", () => {
  const arms = { control: [2000, 200, 20], one_page: [2000, 200, 200] } as const;
  const on = (onBreach: "rollback" | "hold" | "warn") =>
    read(arms, testRunCriterion({ guardrails: [{ ...REFUNDS, onBreach }] }));
  assert.deepEqual(
    [on("rollback"), on("hold"), on("warn")].map(({ action, trigger }) => [action, trigger]),
    [
      ["rollback", "guardrail-breach"],
      ["hold", "guardrail-breach"],
      ["none", "guardrail-breach"],
    ],
  );
});

test("the worst finding acts: a breach that rolls back beats one that holds", () => {
  const guardrails = [
    { ...REFUNDS, metric: "paid_order", direction: "increase", onBreach: "hold" } as const,
    REFUNDS,
  ];
  const criterion = testRunCriterion({ guardrails, primary: { metric: "other" } });
  const finding = read({ control: [2000, 400, 20], one_page: [2000, 200, 200] }, criterion);
  assert.equal(finding.action, "rollback");
  assert.match(finding.reason, /^Guardrail refund_rate/);
});

test("fewer units than the first reading needs say nothing, however bad they look", () => {
  const n = FIRST_READING_UNITS_PER_ARM - 1;
  const finding = read({ control: [n, n - 2, 2], one_page: [n, 2, n - 2] });
  assert.deepEqual([finding.action, finding.intervals.length], ["none", 0]);
});

test("a split that leaves the plan invalidates, an odd one by chance does not", () => {
  const broken = read({ control: [5000, 500, 50], one_page: [6000, 600, 60] });
  assert.deepEqual([broken.action, broken.trigger], ["invalid", "sample-ratio-mismatch"]);
  assert.equal(read({ control: [5000, 500, 50], one_page: [5150, 515, 51] }).action, "none");
});

test("cross exposure at its limit invalidates once there are enough units to tell", () => {
  const arms = { control: [2000, 200, 20], one_page: [2000, 200, 20] } as const;
  assert.equal(read(arms, testRunCriterion(), 50).trigger, "cross-exposure");
  assert.equal(read(arms, testRunCriterion(), 20).action, "none");
  const few = { control: [20, 2, 0], one_page: [20, 2, 0] } as const;
  assert.equal(read(few, testRunCriterion(), 1).action, "none");
});

test("the interval is tightest for a run that was planned at this size", () => {
  const arms = { control: [5000, 500, 50], one_page: [5000, 500, 50] } as const;
  const width = (plannedUnits: number): number => {
    const [primary] = read(arms, testRunCriterion({ design: { plannedUnits } })).intervals;
    assert.ok(primary !== undefined);
    return primary.interval[1] - primary.interval[0];
  };
  assert.ok(width(10_000) < width(1000) && width(10_000) < width(100_000));
});
