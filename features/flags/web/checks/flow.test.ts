import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { layOut } from "./flow.ts";

const flows = [
  { from: "control", to: "control", units: 60 },
  { from: "control", to: "treatment", units: 10 },
  { from: "treatment", to: "treatment", units: 30 },
];

test("each side is as high as its units, and bands fill it without overlap", () => {
  const { left, right, bands } = layOut(flows, 110);
  assert.deepEqual(
    left.map(({ variant, height }) => [variant, height]),
    [
      ["control", 70],
      ["treatment", 30],
    ],
  );
  assert.deepEqual(
    right.map(({ variant, height }) => [variant, height]),
    [
      ["control", 60],
      ["treatment", 40],
    ],
  );
  assert.deepEqual(
    bands.map(({ left: from, right: to, height }) => [from, to, height]),
    [
      [0, 0, 60],
      [60, 70, 10],
      [80, 80, 30],
    ],
  );
});

test("nothing is drawn outside, and nothing at all without units", () => {
  assert.deepEqual(layOut([], 100).bands, []);
  const variant = fc.constantFrom("a", "b", "c", null);
  const flow = fc.record({ from: variant, to: variant, units: fc.integer({ min: 0, max: 999 }) });
  const distinct = fc.uniqueArray(flow, { selector: ({ from, to }) => `${from}>${to}` });
  fc.assert(
    fc.property(distinct, (some) => {
      const { bands, left, right } = layOut(some, 200);
      for (const { left: from, right: to, height } of bands) {
        assert.ok(from >= 0 && from + height <= 200 + 1e-6);
        assert.ok(to >= 0 && to + height <= 200 + 1e-6);
      }
      const units = (sides: typeof left): number => sides.reduce((sum, one) => sum + one.units, 0);
      assert.equal(units(left), units(right));
    }),
    { numRuns: 200 },
  );
});
