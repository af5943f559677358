import type { Clock } from "@paceline/command";

/** A clock whose hands only the test moves. */
export type TestClock = Clock & {
  /** @param byMs  may be negative: clocks of real machines jump, too */
  advance(byMs: number): void;
  set(to: Date): void;
};

/** @param start  by default 2026-03-02T09:00:00Z, a Monday morning */
export function testClock(start: Date = new Date("2026-03-02T09:00:00.000Z")): TestClock {
  let atMs = start.getTime();
  return {
    now: () => new Date(atMs),
    advance(byMs) {
      atMs += byMs;
    },
    set(to) {
      atMs = to.getTime();
    },
  };
}
