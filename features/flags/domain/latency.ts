/**
 * Counts of durations by bucket number. Buckets grow by 5 %, so a percentile read from them is at most
 * 5 % too long, and counts of several processes add up without loss.
 */
export type LatencyCounts = ReadonlyMap<number, number>;

const GROWTH = 1.05;
// An hour; what takes longer is counted there.
const LONGEST_MS = 3_600_000;

/** The bucket of a duration; negative ones (clocks that were set back) count as none. */
export function latencyBucket(durationMs: number): number {
  const bounded = Math.min(Math.max(durationMs, 0), LONGEST_MS);
  return Math.ceil(Math.log(bounded + 1) / Math.log(GROWTH) - 1e-9);
}

/** The longest duration of a bucket. */
export function bucketMs(bucket: number): number {
  return GROWTH ** bucket - 1;
}

/** Counts of several processes together: buckets are the same everywhere, so they add up. */
export function addLatencies(all: readonly LatencyCounts[]): LatencyCounts {
  const sum = new Map<number, number>();
  for (const counts of all) {
    for (const [bucket, count] of counts) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  }
  return sum;
}

/**
 * Within which time `share` of `expected` were done; who is not done counts as never.
 *
 * @param share  above 0, at most 1
 * @returns milliseconds, or null while fewer than that are done, or nobody is expected
 */
export function timeToShare(counts: LatencyCounts, expected: number, share: number): number | null {
  if (expected <= 0) return null;
  const needed = Math.ceil(expected * share - 1e-9);
  let done = 0;
  for (const [bucket, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    done += count;
    if (done >= needed) return Math.round(bucketMs(bucket) * 10) / 10;
  }
  return null;
}
