/** Counts per key and second. */
export interface RateLimit {
  /** @returns 0 if the call may go on, else seconds to wait */
  take(key: string): number;
}

/**
 * At most `perSecond` calls of each key in a second of the given clock. Per process: it protects the
 * process, it is no quota.
 */
export function createRateLimit(perSecond: number, nowMs: () => number): RateLimit {
  let second = -1;
  const counts = new Map<string, number>();
  return {
    take(key) {
      const now = Math.floor(nowMs() / 1000);
      if (now !== second) {
        second = now;
        counts.clear();
      }
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count > perSecond ? 1 : 0;
    },
  };
}
