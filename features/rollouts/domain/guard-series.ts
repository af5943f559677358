import { broken, duration, noData, pass, shown } from "./guard-judged.ts";
import type { Judged } from "./guard-judged.ts";
import type { GuardAction, SeriesThresholdSource } from "./guard.ts";

/** Events of a bucket may be on the disk and not yet be seen for so long after it ended. */
export const SETTLE_MS = 5_000;

/** One bucket of a guarded series; the buckets of a reading follow each other without a gap. */
export interface GuardBucket {
  /** Start, Unix milliseconds. */
  readonly at: number;
  /** Null for the mean of nothing, and for a division by no events. */
  readonly value: number | null;
  /** Events behind the value. */
  readonly events: number;
}

/** A threshold with the buckets that it is held against. */
export interface SeriesGuardInput {
  readonly source: SeriesThresholdSource;
  readonly action: GuardAction;
  /** Oldest first, up to the bucket of `now`. */
  readonly buckets: readonly GuardBucket[];
  /** Buckets that began before the rollout say nothing about it. */
  readonly startedAt: Date;
  /** When the present stage began: it is passed by its own buckets only. */
  readonly enteredAt: Date;
  readonly now: Date;
}

/** Buckets in which the threshold must be crossed. */
export function bucketsNeeded({ bucketSeconds, forSeconds }: SeriesThresholdSource): number {
  return Math.max(1, Math.ceil(forSeconds / bucketSeconds));
}

function crosses({ comparison, threshold }: SeriesThresholdSource, value: number): boolean {
  return comparison === "above" ? value > threshold : value < threshold;
}

/** A count that is above already stays above, so the bucket need not be over. */
function isSettled(input: SeriesGuardInput, { at, value }: GuardBucket): boolean {
  const { source, now } = input;
  if (at + source.bucketSeconds * 1_000 + SETTLE_MS <= now.getTime()) return true;
  const onlyGrows = source.measure.of === "events" || source.measure.of === "units";
  const canOnlyCross = onlyGrows && source.per === null && source.comparison === "above";
  return canOnlyCross && value !== null && crosses(source, value);
}

function nameOf({ measure, events, per }: SeriesThresholdSource): string {
  const what = events.event ?? events.type ?? "all events";
  const words = {
    events: `Events of ${what}`,
    units: `Units with ${what}`,
    sum: `Sum of ${"property" in measure ? measure.property : ""} of ${what}`,
    mean: `Mean ${"property" in measure ? measure.property : ""} of ${what}`,
  }[measure.of];
  return per === null ? words : `${words} per ${per.event ?? per.type ?? "event"}`;
}

/** Whether a series crossed its threshold in every bucket of the time that the guard asks for. */
export function judgeSeries(input: SeriesGuardInput): Judged {
  const { source, action, startedAt } = input;
  const needed = bucketsNeeded(source);
  const name = nameOf(source);
  const settled = input.buckets.filter(
    (bucket) => bucket.at >= startedAt.getTime() && isSettled(input, bucket),
  );
  const judged = settled.slice(-needed);
  const numbers = {
    threshold: source.threshold,
    comparison: source.comparison,
    bucketSeconds: source.bucketSeconds,
    buckets: judged.map(({ at, value, events }) => ({
      at: new Date(at).toISOString(),
      value,
      events,
    })),
  };
  const span = duration(needed * source.bucketSeconds);
  if (judged.length < needed)
    return noData(`${name} is read from ${span} after the start.`, numbers);
  const values = judged.flatMap(({ value }) => (value === null ? [] : [value]));
  const isSilent = judged.every(({ events }) => events === 0);
  if (values.length === 0 || (isSilent && source.comparison === "below")) {
    return noData(`${name}: nothing arrived for ${span}.`, numbers);
  }
  const newest = shown(values.at(-1) ?? 0);
  const limit = `${source.comparison} ${shown(source.threshold)}`;
  if (values.some((value) => !crosses(source, value))) {
    const own = settled.filter(({ at }) => at >= input.enteredAt.getTime());
    if (own.length < needed) {
      return noData(`${name} is ${newest}; this stage is judged from ${span} on.`, numbers);
    }
    return pass(`${name} is ${newest}, not ${limit} for ${span}.`, numbers);
  }
  return values.length < judged.length
    ? noData(`${name} is ${newest}, ${limit}, but some of the last ${span} is missing.`, numbers)
    : broken(action, `${name} is ${newest}: ${limit} for ${span}.`, numbers);
}
