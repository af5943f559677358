import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

const MS_PER_DAY = 86_400_000;
const MS_PER_WEEK = 7 * MS_PER_DAY;

/** A sprint lasts one to four weeks (operating model: longer work is a marathon). */
export const MIN_TIMEBOX_WEEKS = 1;
export const MAX_TIMEBOX_WEEKS = 4;

/** The span in which one iteration must reach its verdict, with the one person who answers for it. */
export interface Timebox {
  readonly startsAtMs: number;
  /** Exclusive. */
  readonly endsAtMs: number;
  readonly weeks: number;
  readonly ownerId: string;
}

/** How a timebox stands at an instant. */
export interface TimeboxClock {
  /** Share of the time that has passed, 0 to 1. */
  readonly usedShare: number;
  /** Whole days left, rounded up; 0 once it has expired. */
  readonly daysLeft: number;
  readonly expired: boolean;
  readonly words: string;
}

export interface TimeboxRefusal {
  readonly kind: "timebox-out-of-range";
  readonly weeks: number;
}

/** Opens a timebox of 1 to 4 whole weeks. */
export function openTimebox(
  startsAtMs: number,
  weeks: number,
  ownerId: string,
): Result<Timebox, TimeboxRefusal> {
  if (!Number.isInteger(weeks) || weeks < MIN_TIMEBOX_WEEKS || weeks > MAX_TIMEBOX_WEEKS) {
    return err({ kind: "timebox-out-of-range", weeks });
  }
  return ok({ startsAtMs, endsAtMs: startsAtMs + weeks * MS_PER_WEEK, weeks, ownerId });
}

function inDays(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}

/** Reads the clock of a timebox. It expires at `endsAtMs` itself (the span is half open). */
export function readTimebox(timebox: Timebox, nowMs: number): TimeboxClock {
  const length = timebox.endsAtMs - timebox.startsAtMs;
  const usedShare = Math.min(1, Math.max(0, (nowMs - timebox.startsAtMs) / length));
  const expired = nowMs >= timebox.endsAtMs;
  const daysLeft = expired ? 0 : Math.ceil((timebox.endsAtMs - nowMs) / MS_PER_DAY);
  const over = Math.floor((nowMs - timebox.endsAtMs) / MS_PER_DAY);
  const late = over < 1 ? "The timebox has just ended" : `The timebox ended ${inDays(over)} ago`;
  return { usedShare, daysLeft, expired, words: expired ? late : `${inDays(daysLeft)} left` };
}
