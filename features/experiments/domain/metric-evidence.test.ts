import assert from "node:assert/strict";
import { test } from "node:test";

import { groupSequentialDesign } from "@paceline/stats";

import { evidenceOf, fixedSampleEffect, intervalAt } from "./metric-evidence.ts";
import { conversionsOf } from "./test-run.ts";

/** A seeded generator of numbers between 0 and 1. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("daily looks at a rare event call equal arms harmful in 2.5 of 100 runs at most", () => {
  const looks = 14;
  const design = groupSequentialDesign({
    informationFractions: Array.from({ length: looks }, (_, day) => (day + 1) / looks),
    alpha: 0.05,
    sides: 2,
    spending: { family: "power", rho: 3 },
  });
  const uniform = uniforms(5);
  const conversions = (units: number, rate: number): number => {
    let count = 0;
    for (let unit = 0; unit < units; unit += 1) if (uniform() < rate) count += 1;
    return count;
  };
  const runs = 1500;
  for (const scale of ["relative", "absolute"] as const) {
    let harmed = 0;
    for (let run = 0; run < runs; run += 1) {
      let [a, b] = [0, 0];
      const harms = design.some(({ z }, day) => {
        a += conversions(100, 0.02);
        b += conversions(100, 0.02);
        const n = 100 * (day + 1);
        const evidence = evidenceOf("proportion", conversionsOf(n, a), conversionsOf(n, b));
        const found = intervalAt(evidence, scale, z, z);
        return !("undefined" in found) && found.interval[1] < 0;
      });
      if (harms) harmed += 1;
    }
    // Three standard errors above 0.025; the delta method's interval has 0.115 here.
    assert.ok(harmed / runs < 0.037, `${scale}: ${harmed / runs}`);
  }
});

test("a ratio of means is compared by the delta method, and a zero denominator gives a reason", () => {
  const arm = (mean: number) => ({
    n: 1000,
    mean,
    m2: 900,
    denominator: { mean: 2, m2: 500, comoment: 300 },
  });
  const evidence = evidenceOf("ratio", arm(1), arm(1.1));
  const found = fixedSampleEffect(evidence, "absolute", 0.95);
  assert.ok(!("undefined" in found));
  assert.ok(Math.abs(found.effect - 0.05) < 1e-12);
  const empty = { n: 10, mean: 0, m2: 0, denominator: { mean: 0, m2: 0, comoment: 0 } };
  assert.deepEqual(fixedSampleEffect(evidenceOf("ratio", empty, arm(1)), "relative", 0.95), {
    undefined: "zero_denominator",
  });
  assert.deepEqual(intervalAt(evidenceOf("mean", undefined, arm(1)), "absolute", 2, 2), {
    undefined: "n_below_2",
  });
});

test("values below zero keep the delta method, because they have no logarithm", () => {
  const evidence = evidenceOf(
    "mean",
    { n: 400, mean: -5, m2: 400, denominator: null },
    { n: 400, mean: -4, m2: 400, denominator: null },
  );
  const found = intervalAt(evidence, "relative", 1.96, 1.96);
  assert.ok(!("undefined" in found));
  assert.ok(Math.abs(found.effect - 0.2) < 1e-12);
  assert.ok(found.interval[0] < 0.2 && found.interval[1] > 0.2 && found.interval[0] > 0);
});
