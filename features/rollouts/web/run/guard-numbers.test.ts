import assert from "node:assert/strict";
import { test } from "node:test";

import { bucketValues, flatNumbers, harmDomain, harmOf } from "./guard-numbers.ts";

test("a metric guard without an interval draws nothing", () => {
  assert.equal(harmOf({ harm: 0.1, margin: 0.05 }), null);
  assert.equal(harmOf({ harm: "much", margin: 0.05, interval: [0, 1] }), null);
});

test("an open end stays open, and the plot still holds zero, the margin and the estimate", () => {
  const harm = harmOf({ harm: 0.01, margin: 0.05, interval: [null, 0.4] });
  assert.ok(harm !== null);
  assert.equal(harm.low, null);
  const [from, to] = harmDomain(harm);
  assert.ok(from < 0 && to > 0.4);
});

test("nested numbers are named by their way, and texts are left out", () => {
  assert.deepEqual(flatNumbers({ metric: "m", exposed: { units: 12, value: 0.5 }, z: 1 }), [
    { name: "exposed units", value: 12 },
    { name: "exposed value", value: 0.5 },
    { name: "z", value: 1 },
  ]);
});

test("a bucket without a value leaves no point", () => {
  const buckets = [{ value: 1 }, { value: null }, { value: 3 }];
  assert.deepEqual(bucketValues({ buckets }), [1, 3]);
});
