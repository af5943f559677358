import type { QueryScope } from "../../domain/index.ts";
import { eventsIn } from "../log/scopes.ts";
import type { SegmentScope } from "../log/scopes.ts";
import { covers } from "../log/segment-name.ts";
import type { Stretch } from "../log/segment-name.ts";
import type { Reach } from "./plan.ts";

/** One UTC month of `occurred_at`, as `2026-01`, and one of the 16 person buckets. */
export interface SegmentPart {
  readonly month: string;
  readonly bucket: number;
}

/** An immutable file of events. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  /** Stretches of the log whose events are in it: all of them, or those of its part. */
  readonly stretches: readonly Stretch[];
  /** Null for files in the order of arrival, which hold every month and person. */
  readonly part: SegmentPart | null;
  readonly bytes: number;
  readonly scopes: readonly SegmentScope[];
}

/** Which segments a query must open. */
export interface SegmentFilter extends QueryScope, Reach {}

export function segmentEvents(segment: Pick<Segment, "scopes">): number {
  return eventsIn(segment.scopes);
}

export function matches(segment: Pick<Segment, "scopes">, filter: SegmentFilter): boolean {
  return segment.scopes.some(
    (scope) =>
      scope.workspace === filter.workspace &&
      scope.environment === filter.environment &&
      scope.lastReceivedAt >= filter.receivedFrom &&
      scope.firstReceivedAt <= filter.receivedTo &&
      scope.newestAt >= filter.occurredFrom,
  );
}

/** Segments that a merge had replaced when the process ended before it could remove them. */
export function replaced<T extends { readonly stretch: Stretch }>(segments: readonly T[]): T[] {
  return segments.filter((inner) =>
    segments.some((outer) => outer !== inner && covers(outer.stretch, inner.stretch)),
  );
}

/** Reads what the writer of a segment put in its footer. @throws TypeError if it is something else */
export function parseFooter(footer: string): SegmentScope[] {
  const parsed: unknown = JSON.parse(footer);
  if (!Array.isArray(parsed)) throw new TypeError("a segment's footer must be an array");
  return parsed.map((entry: unknown) => {
    const fields = new Map(
      typeof entry === "object" && entry !== null ? Object.entries(entry) : [],
    );
    const textOf = (key: string): string => {
      const value: unknown = fields.get(key);
      if (typeof value !== "string") throw new TypeError(`a segment's footer lacks ${key}`);
      return value;
    };
    const numberOf = (key: string): number => {
      const value: unknown = fields.get(key);
      if (typeof value !== "number") throw new TypeError(`a segment's footer lacks ${key}`);
      return value;
    };
    return {
      workspace: textOf("workspace"),
      environment: textOf("environment"),
      events: numberOf("events"),
      firstReceivedAt: numberOf("firstReceivedAt"),
      lastReceivedAt: numberOf("lastReceivedAt"),
      // The first files did not say it: any instant is possible then.
      oldestAt: fields.has("oldestAt") ? numberOf("oldestAt") : 0,
      newestAt: numberOf("newestAt"),
    };
  });
}
