import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { bucketOf, thresholdOf } from "./fractional.ts";

const MAX_TOTAL = 2_147_483_647;
const hash = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.nat(2 ** 32 - 1),
);

test("the bucket is (hash * total) >> 32, exactly", () => {
  fc.assert(
    fc.property(hash, fc.integer({ min: 1, max: MAX_TOTAL }), (value, total) => {
      assert.equal(BigInt(bucketOf(value, total)), (BigInt(value) * BigInt(total)) >> 32n);
    }),
    { numRuns: 20_000 },
  );
});

test("comparing with the threshold picks the same side as computing the bucket", () => {
  const shares = fc
    .integer({ min: 1, max: MAX_TOTAL })
    .chain((total) => fc.record({ total: fc.constant(total), cumulative: fc.nat(total) }));
  fc.assert(
    fc.property(hash, shares, (value, { total, cumulative }) => {
      const threshold = thresholdOf(cumulative, total);
      assert.equal(value < threshold, bucketOf(value, total) < cumulative);
      // The hashes around the threshold itself are the ones a rounding fault would move.
      for (const near of [threshold - 1, threshold]) {
        if (near < 0 || near > 2 ** 32 - 1) continue;
        assert.equal(near < threshold, bucketOf(near, total) < cumulative);
      }
    }),
    { numRuns: 20_000 },
  );
});
