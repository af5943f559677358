import { member, elements } from "./stage-standing.ts";

type Numbers = Readonly<Record<string, unknown>>;

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The comparison of a metric, signed so that harm is positive; an open end is null. */
export type HarmInterval = {
  readonly harm: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly margin: number;
};

/** What a metric guard draws, or null while its numbers hold no interval. */
export function harmOf(numbers: Numbers): HarmInterval | null {
  const harm = numberOf(numbers["harm"]);
  const margin = numberOf(numbers["margin"]);
  const interval = elements(numbers["interval"]);
  if (harm === null || margin === null || interval.length !== 2) return null;
  return { harm, low: numberOf(interval[0]), high: numberOf(interval[1]), margin };
}

/** The scale of one guard's plot: both ends, the margin and zero, with open ends cut at the edge. */
export function harmDomain({ harm, low, high, margin }: HarmInterval): readonly [number, number] {
  const known = [
    0,
    harm,
    margin * 1.6,
    ...[low, high].flatMap((end) => (end === null ? [] : [end])),
  ];
  const [from, to] = [Math.min(...known), Math.max(...known)];
  const room = (to - from || 1) * 0.08;
  return [from - room, to + room];
}

export type NamedNumber = { readonly name: string; readonly value: number };

/** "exposed.units" and the like: every plain number behind a reading, in the order it came. */
export function flatNumbers(numbers: Numbers, before = ""): readonly NamedNumber[] {
  return Object.entries(numbers).flatMap(([key, value]): readonly NamedNumber[] => {
    const name = before === "" ? key : `${before} ${key}`;
    const found = numberOf(value);
    if (found !== null) return [{ name, value: found }];
    const isPlain = typeof value === "object" && value !== null && !Array.isArray(value);
    return isPlain ? flatNumbers({ ...value }, name) : [];
  });
}

/** Values of the newest buckets of a series, oldest first. */
export function bucketValues(numbers: Numbers): readonly number[] {
  return elements(numbers["buckets"]).flatMap((bucket) => {
    const value = numberOf(member(bucket, "value"));
    return value === null ? [] : [value];
  });
}
