import assert from "node:assert/strict";
import { test } from "node:test";

import { crossingProbability, harmBound, harmDesign } from "./index.ts";

const ALPHAS = [0.05, 0.0163, 0.001];

/** Looks at the margin's information from early to far beyond the planned sample, ever further apart. */
const LOOKS = Array.from({ length: 90 }, (_, look) => 0.002 * 1.1 ** look);

test("looking ninety times, from a thousandth to ten times the plan, raises no more false alarms than alpha", () => {
  for (const alpha of ALPHAS) {
    const design = harmDesign(alpha);
    const z = LOOKS.map((share) => harmBound(design, design.drift * Math.sqrt(share), 1));
    const falseAlarms = crossingProbability(LOOKS, z, 0, 1);
    assert.ok(falseAlarms <= alpha, `${falseAlarms} of ${alpha}`);
    assert.ok(falseAlarms > alpha / 20, `${falseAlarms} of ${alpha} wastes the level`);
  }
});

test("harm of twice the margin is found by a quarter of the plan, even by one look", () => {
  for (const alpha of ALPHAS) {
    const design = harmDesign(alpha, 0.95);
    // Drift is per unit of planned information, so twice the margin drifts twice as fast.
    const bound = harmBound(design, design.drift / 2, 1);
    const once = crossingProbability([0.25], [bound], 2 * design.drift, 1);
    assert.ok(Math.abs(once - 0.95) < 1e-9, `${once}`);
    const often = [0.05, 0.1, 0.15, 0.2, 0.25];
    const z = often.map((share) => harmBound(design, design.drift * Math.sqrt(share), 1));
    assert.ok(crossingProbability(often, z, 2 * design.drift, 1) > once);
  }
});

test("without information nothing is proven", () => {
  assert.equal(harmBound(harmDesign(0.05), 1, Infinity), Infinity);
  assert.equal(harmBound(harmDesign(0.05), 0, 1), Infinity);
  assert.equal(harmBound(harmDesign(0.05), 1, 0), Infinity);
});
