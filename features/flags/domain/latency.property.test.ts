import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { addLatencies, latencyBucket, timeToShare } from "./latency.ts";
import type { LatencyCounts } from "./latency.ts";

const durations = fc.array(fc.double({ min: 0, max: 3_600_000, noNaN: true }), { maxLength: 200 });
const share = fc.double({ min: 0.001, max: 1, noNaN: true });

function countsOf(list: readonly number[]): LatencyCounts {
  const counts = new Map<number, number>();
  for (const ms of list) counts.set(latencyBucket(ms), (counts.get(latencyBucket(ms)) ?? 0) + 1);
  return counts;
}

function sorted(counts: LatencyCounts): readonly (readonly [number, number])[] {
  return [...counts].toSorted(([a], [b]) => a - b);
}

test("a percentile is at most 5 % and a tenth of a millisecond longer than the true one, and never shorter", () => {
  fc.assert(
    fc.property(durations, share, (list, of) => {
      const read = timeToShare(countsOf(list), list.length, of);
      const needed = Math.ceil(list.length * of - 1e-9);
      const exact = list.toSorted((a, b) => a - b)[needed - 1];
      if (exact === undefined) return read === null;
      return read !== null && read >= exact - 0.1 && read <= (exact + 1) * 1.05 - 1 + 0.1;
    }),
  );
});

test("counts of two nodes added up are the counts of all", () => {
  fc.assert(
    fc.property(durations, durations, (one, other) => {
      const merged = addLatencies([countsOf(one), countsOf(other)]);
      assert.deepEqual(sorted(merged), sorted(countsOf([...one, ...other])));
    }),
  );
});

test("a share that has not been reached has no time, because who is not done counts as never", () => {
  const counts = countsOf([1, 2, 3]);
  assert.equal(timeToShare(counts, 4, 1), null);
  assert.notEqual(timeToShare(counts, 4, 0.75), null);
  assert.equal(timeToShare(counts, 0, 0.5), null);
});
