import assert from "node:assert/strict";
import { test } from "node:test";

import type { LookDocument, MetricResultDocument } from "../api.ts";
import { barOn, commonDomain, decidingOn, liftPoints, tellingArm } from "./evidence.ts";
import { defaultCriterion } from "./setup/defaults.ts";

const close = (found: number | undefined, wanted: number) =>
  assert.ok(found !== undefined && Math.abs(found - wanted) < 1e-12, `${found} is not ${wanted}`);

const primary: MetricResultDocument = {
  metric: "orders",
  role: "primary",
  control: { n: 1000, value: 0.2, variance: 0.16 },
  treatment: { n: 1000, value: 0.24, variance: 0.18 },
  absolute: { effect: 0.04, interval: [0.02, 0.06], p: 0.001 },
  relative: { effect: 0.2, interval: [0.1, 0.3], p: 0.001 },
  sequential: { scale: "relative", interval: [0.05, 0.4], z: 3, alphaSpent: 0.01 },
  state: "wins",
};

function lookWith(result: MetricResultDocument): LookDocument {
  const arms = [
    { arm: "a", verdict: "continue" as const, reason: "", metrics: [] },
    { arm: "b", verdict: "ship" as const, reason: "", metrics: [result] },
  ];
  return {
    look: 1,
    takenAt: "2026-11-24T00:00:00Z",
    asOf: "2026-11-24T00:00:00Z",
    kind: "scheduled",
    auditEntry: "e",
    analysis: {
      verdict: "ship",
      reason: "",
      arms,
      look: 1,
      informationFraction: 0.5,
      alphaSpent: 0.01,
      z: 3,
      srm: { p: 0.5, observed: { a: 1, b: 2 }, expected: { a: 1.5, b: 1.5 } },
      crossExposure: { units: 0, share: 0 },
      unmetMinimums: [],
      timeboxOver: false,
    },
  };
}

test("on the locked scale the deciding interval is the server's", () => {
  assert.deepEqual(decidingOn(primary, "relative"), [0.05, 0.4]);
});

test("carried over, each end stays as many ordinary half widths away as on the locked scale", () => {
  const [low, high] = decidingOn(primary, "absolute") ?? [];
  close(low, 0.04 - 1.5 * 0.02);
  close(high, 0.04 + 2 * 0.02);
});

test("an open end makes no interval, and its look is not drawn", () => {
  const open: MetricResultDocument = {
    ...primary,
    sequential: { scale: "relative", interval: [null, 0.4], z: 9, alphaSpent: 0 },
  };
  assert.equal(decidingOn(open, "relative"), null);
  assert.deepEqual(liftPoints([lookWith(open)], "b", "relative"), []);
  assert.equal(liftPoints([lookWith(primary)], "b", "relative").length, 1);
});

test("the arm with the run's verdict is shown unless another is asked for", () => {
  const { analysis } = lookWith(primary);
  assert.equal(tellingArm(analysis, undefined)?.arm, "b");
  assert.equal(tellingArm(analysis, "a")?.arm, "a");
  assert.equal(tellingArm(analysis, "gone")?.arm, "b");
});

test("the bar has the sign of the wanted change and follows the scale at control's value", () => {
  const criterion = defaultCriterion([]);
  const less = { ...criterion, primary: { ...criterion.primary, direction: "decrease" as const } };
  close(barOn(less, primary, "relative"), -0.01);
  close(barOn(criterion, primary, "absolute"), 0.002);
});

test("a common domain holds zero in its middle and every margin", () => {
  const [low, high] = commonDomain([{ low: 0.1, high: 0.2, margin: -0.5 }]);
  assert.equal(low, -high);
  assert.ok(low < -0.5);
});
