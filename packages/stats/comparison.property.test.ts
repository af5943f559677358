import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  adjustP,
  compareArms,
  compareAdjusted,
  comparePoststratified,
  equivalence,
  isComputable,
  mergePairSummaries,
  mergeSummaries,
  meanEstimate,
  nonInferiority,
  pairSummaryFromSums,
  sampleRatio,
  sequentialSampleRatio,
  summarize,
  summaryFromSums,
} from "./index.ts";
import type { ArmEstimate, Comparison, NotComputable, PairSums } from "./index.ts";

const values = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 3, maxLength: 40 });
const arm = fc.record({
  n: fc.integer({ min: 2, max: 1e6 }),
  value: fc.double({ min: 0.01, max: 100, noNaN: true }),
  variance: fc.double({ min: 0.001, max: 1000, noNaN: true }),
});

function near(actual: number, expected: number, tolerance = 1e-9): void {
  const scale = Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= tolerance * scale, `${actual} is not near ${expected}`);
}

function computed<T extends object>(result: T | NotComputable): T {
  assert.ok(isComputable(result), JSON.stringify(result));
  return result;
}

function compared(a: ArmEstimate, b: ArmEstimate, options = {}): Comparison {
  return computed(compareArms(a, b, { alpha: 0.05, ...options }));
}

test("a summary of all values is the merge of the summaries of its parts, in any order", () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      const whole = summarize([...left, ...right]);
      for (const merged of [
        mergeSummaries(summarize(left), summarize(right)),
        mergeSummaries(summarize(right), summarize(left)),
      ]) {
        assert.equal(merged.n, whole.n);
        near(merged.mean, whole.mean);
        near(merged.m2, whole.m2);
      }
    }),
  );
});

test("raw sums give the same summary as the values", () => {
  fc.assert(
    fc.property(values, (list) => {
      const sum = list.reduce((total, value) => total + value, 0);
      const squares = list.reduce((total, value) => total + value * value, 0);
      const fromSums = summaryFromSums(list.length, sum, squares);
      near(fromSums.m2, summarize(list).m2, 1e-8);
      near(fromSums.mean, summarize(list).mean);
    }),
  );
});

test("swapping the arms turns the sign of an absolute effect and keeps its p value", () => {
  fc.assert(
    fc.property(arm, arm, (a, b) => {
      const one = compared(a, b);
      const other = compared(b, a);
      near(one.effect, -other.effect);
      near(one.p, other.p);
      near(one.interval[0], -other.interval[1]);
    }),
  );
});

test("the unit of a metric changes no p value and no relative effect", () => {
  fc.assert(
    fc.property(arm, arm, fc.double({ min: 0.01, max: 100, noNaN: true }), (a, b, unit) => {
      const scaled = (of: ArmEstimate) => ({
        n: of.n,
        value: of.value * unit,
        variance: of.variance * unit * unit,
      });
      for (const scale of ["absolute", "relative"]) {
        const before = compared(a, b, { scale });
        const after = compared(scaled(a), scaled(b), { scale });
        near(after.p, before.p, 1e-7);
        if (scale === "relative") near(after.effect, before.effect);
      }
    }),
  );
});

test("the interval excludes zero exactly when p is below alpha", () => {
  fc.assert(
    fc.property(
      arm,
      arm,
      fc.constantFrom("two-sided", "greater", "less"),
      fc.constantFrom("absolute", "relative"),
      (a, b, alternative, scale) => {
        const { interval, p } = compared(a, b, { alternative, scale });
        const excluded = interval[0] > 0 || interval[1] < 0;
        if (Math.abs(p - 0.05) > 1e-9) assert.equal(excluded, p < 0.05);
      },
    ),
  );
});

test("what cannot be computed names its reason instead of showing no effect", () => {
  const none = { n: 1, value: 3, variance: 0 };
  const flat = { n: 50, value: 2, variance: 0 };
  const zero = { n: 50, value: 0, variance: 1 };
  const options = { alpha: 0.05, scale: "relative" } as const;
  assert.deepEqual(compareArms(none, flat, options), { undefined: "n_below_2" });
  assert.deepEqual(compareArms(flat, flat, options), { undefined: "zero_variance" });
  assert.deepEqual(compareArms(zero, flat, options), { undefined: "zero_baseline" });
});

test("a guardrail passes more easily the larger its margin is", () => {
  fc.assert(
    fc.property(arm, arm, fc.double({ min: 0.001, max: 50, noNaN: true }), (a, b, margin) => {
      const at = (of: number) =>
        computed(nonInferiority(a, b, { margin: of, higherIsBetter: true, alpha: 0.05 }));
      const tight = at(margin);
      const wide = at(margin * 1.5);
      if (tight.state === "pass") assert.equal(wide.state, "pass");
      if (wide.state === "breached") assert.equal(tight.state, "breached");
      assert.equal(tight.state === "pass", tight.lower > -margin);
      if (Math.abs(tight.p - 0.05) > 1e-9) assert.equal(tight.state === "pass", tight.p < 0.05);
    }),
  );
});

test("arms are equivalent exactly when their interval lies within the bounds", () => {
  fc.assert(
    fc.property(arm, arm, fc.double({ min: 0.01, max: 50, noNaN: true }), (a, b, bound) => {
      const result = computed(equivalence(a, b, { bound, alpha: 0.05 }));
      if (Math.abs(result.p - 0.05) < 1e-9) return;
      assert.equal(result.equivalent, result.interval[0] > -bound && result.interval[1] < bound);
    }),
  );
});

const pairs = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 })), {
    minLength: 5,
    maxLength: 40,
  })
  .map((list): PairSums => {
    const sum = (term: (x: number, y: number) => number) =>
      list.reduce((total, [x, y]) => total + term(x, y), 0);
    return {
      n: list.length,
      sumX: sum((x) => x),
      sumXX: sum((x) => x * x),
      sumY: sum((_, y) => y),
      sumYY: sum((_, y) => y * y),
      sumXY: sum((x, y) => x * y),
    };
  });

test("pair summaries merge to the summary of all units", () => {
  fc.assert(
    fc.property(pairs, pairs, (left, right) => {
      const merged = mergePairSummaries(pairSummaryFromSums(left), pairSummaryFromSums(right));
      const whole = pairSummaryFromSums({
        n: left.n + right.n,
        sumX: left.sumX + right.sumX,
        sumXX: left.sumXX + right.sumXX,
        sumY: left.sumY + right.sumY,
        sumYY: left.sumYY + right.sumYY,
        sumXY: left.sumXY + right.sumXY,
      });
      near(merged.comoment, whole.comoment, 1e-8);
      near(merged.y.m2, whole.y.m2, 1e-8);
    }),
  );
});

test("a covariate that is the same for everybody changes nothing", () => {
  fc.assert(
    fc.property(pairs, pairs, (left, right) => {
      const constant = (sums: PairSums) =>
        pairSummaryFromSums({ ...sums, sumY: 0, sumYY: 0, sumXY: 0 });
      const a = constant(left);
      const b = constant(right);
      const adjusted = compareAdjusted(a, b, { alpha: 0.05 });
      const plain = compareArms(
        meanEstimate({ n: a.n, ...a.x }),
        meanEstimate({ n: b.n, ...b.x }),
        { alpha: 0.05 },
      );
      if (!isComputable(plain)) return;
      near(computed(adjusted).effect, plain.effect);
      near(computed(adjusted).p, plain.p);
    }),
  );
});

test("one stratum is no stratification", () => {
  const a = summarize([1, 4, 2, 8, 5, 7]);
  const b = summarize([2, 5, 3, 9, 9, 7]);
  const plain = compared(meanEstimate(a), meanEstimate(b));
  const stratified = computed(comparePoststratified([{ a, b }], { alpha: 0.05 }));
  near(stratified.effect, plain.effect);
  near(stratified.p, plain.p);
});

test("the split test does not depend on the unit of the weights nor on empty unplanned arms", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 5 }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      (counts, unit) => {
        const once = computed(
          sampleRatio(
            counts,
            counts.map(() => 1),
          ),
        );
        const scaled = computed(sampleRatio([...counts, 0], [...counts.map(() => unit), 0]));
        near(scaled.p, once.p);
        assert.equal(scaled.df, once.df);
      },
    ),
  );
});

test("the sequential split test depends on the units so far, not on how they were batched", () => {
  const whole = sequentialSampleRatio([[300, 420]], [1, 1], 500);
  const batched = sequentialSampleRatio(
    [
      [100, 120],
      [0, 0],
      [200, 300],
    ],
    [1, 1],
    500,
  );
  assert.ok(isComputable(whole) && isComputable(batched));
  near(whole[0]?.logBayesFactor ?? 0, batched[2]?.logBayesFactor ?? 1);
  assert.deepEqual(sequentialSampleRatio([[1, 1, 1]], [1, 1, 0]), {
    undefined: "units_in_zero_weight_arm",
  });
});

test("adjusted p values are never below the raw ones and keep their order", () => {
  const list = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  fc.assert(
    fc.property(list, (p) => {
      const adjusted = adjustP(p);
      for (const method of Object.values(adjusted)) {
        for (const [i, raw] of p.entries()) {
          assert.ok(method[i] >= raw - 1e-15 && method[i] <= 1);
          for (const [j, other] of p.entries()) if (raw < other) assert.ok(method[i] <= method[j]);
        }
      }
      for (const i of p.keys()) {
        assert.ok((adjusted.holm[i] ?? 0) <= (adjusted.bonferroni[i] ?? 0));
        assert.ok((adjusted.hochberg[i] ?? 0) <= (adjusted.holm[i] ?? 0));
      }
    }),
  );
});
