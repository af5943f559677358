import type { QueryScope } from "../../domain/index.ts";
import { eventsIn } from "../log/scopes.ts";
import type { SegmentScope } from "../log/scopes.ts";
import { covers } from "../log/segment-name.ts";
import type { Stretch } from "../log/segment-name.ts";
import type { Reach } from "./plan.ts";

/** An immutable file of events. */
export interface Segment {
  readonly stretch: Stretch;
  readonly path: string;
  readonly bytes: number;
  readonly scopes: readonly SegmentScope[];
}

/** Which segments a query must open. */
export interface SegmentFilter extends QueryScope, Reach {}

export function segmentEvents(segment: Segment): number {
  return eventsIn(segment.scopes);
}

export function matches(segment: Segment, filter: SegmentFilter): boolean {
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

/** How many neighbours of one size are merged at a time: more means fewer rewrites, more files. */
const MERGE_FAN_IN = 8;
/** Segments below this size are one class; each class above is `MERGE_FAN_IN` times larger. */
const SMALLEST_CLASS_EVENTS = 2_000;
/** Larger segments are left alone: a query gains nothing, and a rewrite costs more each time. */
const LARGEST_MERGED_EVENTS = 1_000_000;

/**
 * Neighbours to merge next, or none. Only segments of one node that follow each other and are of
 * one size class are merged, so an event is rewritten a logarithmic number of times.
 */
export function planMerge(segments: readonly Segment[]): readonly Segment[] {
  const ordered = segments.toSorted(
    (a, b) => compareText(a.stretch.node, b.stretch.node) || a.stretch.from - b.stretch.from,
  );
  let run: Segment[] = [];
  for (const segment of ordered) {
    const last = run.at(-1);
    const continues =
      last !== undefined &&
      last.stretch.node === segment.stretch.node &&
      sizeClass(last) === sizeClass(segment);
    run = continues ? [...run, segment] : [segment];
    const events = run.reduce((sum, member) => sum + segmentEvents(member), 0);
    if (events > LARGEST_MERGED_EVENTS) run = [segment];
    if (run.length === MERGE_FAN_IN) return run;
  }
  return [];
}

function sizeClass(segment: Segment): number {
  const ratio = Math.max(1, segmentEvents(segment) / SMALLEST_CLASS_EVENTS);
  return Math.floor(Math.log(ratio) / Math.log(MERGE_FAN_IN));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
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
      newestAt: numberOf("newestAt"),
    };
  });
}
