import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  compareProportions,
  fisherP,
  isComputable,
  normalTailQuantile,
  wilsonInterval,
} from "./index.ts";

const counts = fc
  .integer({ min: 2, max: 25 })
  .chain((n) => fc.record({ n: fc.constant(n), x: fc.integer({ min: 0, max: n }) }));

function choose(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i += 1) value = (value * (n - k + i)) / i;
  return value;
}

/** Fisher's p values by listing every table. */
function listed(a: { n: number; x: number }, b: { n: number; x: number }) {
  const all = a.x + b.x;
  const mass = (x: number) => (choose(b.n, x) * choose(a.n, all - x)) / choose(a.n + b.n, all);
  const own = mass(b.x);
  const sums = { "two-sided": 0, greater: 0, less: 0 };
  for (let x = Math.max(0, all - a.n); x <= Math.min(b.n, all); x += 1) {
    if (mass(x) <= own * (1 + 1e-7)) sums["two-sided"] += mass(x);
    if (x >= b.x) sums.greater += mass(x);
    if (x <= b.x) sums.less += mass(x);
  }
  return sums;
}

test("Fisher's p is the sum over all tables, on every side", () => {
  fc.assert(
    fc.property(counts, counts, (a, b) => {
      const expected = listed(a, b);
      for (const alternative of ["two-sided", "greater", "less"] as const) {
        const p = fisherP(a, b, alternative);
        assert.ok(Math.abs(p - expected[alternative]) < 1e-10, `${alternative} ${p}`);
      }
    }),
  );
});

test("Fisher's p of a hundred million units takes no longer than a blink", () => {
  const begin = performance.now();
  const p = fisherP({ n: 5e7, x: 1_500_000 }, { n: 5e7, x: 1_503_900 }, "two-sided");
  assert.ok(Math.abs(p - 0.02232) < 1e-4, String(p));
  assert.ok(performance.now() - begin < 1000);
});

test("Wilson's interval holds its proportion and stays within 0 and 1", () => {
  const z = normalTailQuantile(0.025);
  fc.assert(
    fc.property(counts, ({ n, x }) => {
      const [low, high] = wilsonInterval({ n, x }, z);
      assert.ok(low >= 0 && high <= 1 && low <= x / n && x / n <= high);
    }),
  );
});

test("without any conversion there is an interval, and Welch says why it has none", () => {
  const result = compareProportions({ n: 400, x: 0 }, { n: 410, x: 0 }, { alpha: 0.05 });
  assert.ok(isComputable(result));
  assert.deepEqual(result.welch, { undefined: "zero_variance" });
  assert.ok(result.newcombe[0] < 0 && result.newcombe[1] > 0);
  assert.equal(result.pooled, null);
  assert.equal(result.fisherP, 1);
});
