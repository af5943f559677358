import type {
  EventSelection,
  PropertySplit,
  QueryScope,
  SplitKey,
  VariantSplit,
} from "./query-scope.ts";
import { bySplit, total } from "./query-scope.ts";

/** What a series shows of each bucket. */
export type SeriesMeasure =
  | { readonly of: "events" }
  /** Different units of the bucket; `estimated` is right to about 2 % and cheaper. */
  | { readonly of: "units"; readonly precision: "exact" | "estimated" }
  /** Over a top-level numeric property; events where it is no finite number add nothing. */
  | { readonly of: "sum" | "mean"; readonly property: string };

/** Some events over time, by when they happened. */
export interface SeriesQuery extends QueryScope {
  readonly kind: "series";
  readonly events: EventSelection;
  readonly measure: SeriesMeasure;
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
  /** Added to an instant before it is cut into buckets: 3,600,000 makes days of UTC+1. */
  readonly zoneOffsetMs: number;
  readonly split?: PropertySplit | VariantSplit;
}

/**
 * One bucket of one line. Rows over disjoint sets of units (person buckets, shards, nodes) add up:
 * every field is a plain sum, and estimated units add up to an estimate.
 */
export interface SeriesPartial extends SplitKey {
  /** Start of the bucket; a multiple of `bucketMs` in the query's zone. */
  readonly bucketAt: number;
  readonly events: number;
  /** 0 where the query does not measure units. */
  readonly units: number;
  /** Sum of the property and how many events had one; 0 where the query measures no property. */
  readonly sum: number;
  readonly numbers: number;
}

/** One bucket of a series, by its start in Unix milliseconds. */
export interface SeriesPoint {
  readonly at: number;
  /** Null for the mean of nothing. */
  readonly value: number | null;
  readonly events: number;
}

export interface SeriesLine extends SplitKey {
  /** One point for every bucket of the range, also the empty ones. */
  readonly points: readonly SeriesPoint[];
}

/** Starts of the buckets that `[from, to)` touches. */
export function seriesBuckets(
  query: Pick<SeriesQuery, "from" | "to" | "bucketMs" | "zoneOffsetMs">,
): number[] {
  const { from, to, bucketMs, zoneOffsetMs } = query;
  const first = Math.floor((from + zoneOffsetMs) / bucketMs) * bucketMs - zoneOffsetMs;
  const count = Math.max(0, Math.ceil((to - first) / bucketMs));
  return Array.from({ length: from < to ? count : 0 }, (_, place) => first + place * bucketMs);
}

/** Adds partials up to lines of equal length: names sorted, events without value, the others. */
export function mergeSeries(
  query: SeriesQuery,
  partials: readonly SeriesPartial[],
): readonly SeriesLine[] {
  const buckets = seriesBuckets(query);
  return bySplit(partials).map(({ split, other, rows }) => {
    const byBucket = Map.groupBy(rows, (row) => row.bucketAt);
    return {
      split,
      other,
      points: buckets.map((at) => {
        const parts = byBucket.get(at) ?? [];
        return {
          at,
          value: measured(query.measure, parts),
          events: total(parts.map((part) => part.events)),
        };
      }),
    };
  });
}

function measured(measure: SeriesMeasure, parts: readonly SeriesPartial[]): number | null {
  const sum = total(parts.map((part) => part.sum));
  const numbers = total(parts.map((part) => part.numbers));
  switch (measure.of) {
    case "events":
      return total(parts.map((part) => part.events));
    case "units":
      return total(parts.map((part) => part.units));
    case "sum":
      return sum;
    case "mean":
      return numbers === 0 ? null : sum / numbers;
  }
}
