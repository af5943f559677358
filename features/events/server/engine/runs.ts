import type { EventQuery } from "../../domain/index.ts";
import type { EventFiles } from "./duckdb/statement.ts";
import { PERSON_BUCKETS } from "./person-bucket.ts";
import { segmentEvents } from "./segments.ts";
import type { Segment } from "./segments.ts";

/** Of more events, the people are looked at in several groups, so that what is kept of them fits. */
export const EVENTS_A_RUN = 6_000_000;

/**
 * The reads that answer a query together. Where a query keeps something of every unit, and its
 * partials add up over disjoint sets of units, each read is about some of the person buckets: memory
 * then grows with the people of a group, not with all.
 */
export function runsOf(
  query: EventQuery,
  segments: readonly Segment[],
  eventsARun: number = EVENTS_A_RUN,
): readonly EventFiles[] {
  const files = segments.map((segment) => ({
    path: segment.path,
    bucket: segment.part?.bucket ?? null,
    events: segmentEvents(segment),
  }));
  return keepsUnits(query) ? groupsOfPeople(files, eventsARun) : [files.map(({ path }) => path)];
}

export interface FileOfPeople {
  readonly path: string;
  /** The person bucket whose events it holds; null for files of everybody. */
  readonly bucket: number | null;
  readonly events: number;
}

/** Reads of some people each, of everybody together. */
export function groupsOfPeople(
  files: readonly FileOfPeople[],
  eventsARun: number = EVENTS_A_RUN,
): readonly EventFiles[] {
  const events = files.reduce((sum, file) => sum + file.events, 0);
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, events / eventsARun)));
  const groups = Math.min(PERSON_BUCKETS, wanted);
  if (groups === 1) return [files.map(({ path }) => path)];
  const shared = files.flatMap(({ bucket, path }) => (bucket === null ? [path] : []));
  return Array.from({ length: groups }, (_, group) => {
    const buckets = [...Array(PERSON_BUCKETS).keys()].filter((bucket) => bucket % groups === group);
    const own = files.flatMap(({ bucket, path }) =>
      bucket !== null && buckets.includes(bucket) ? [path] : [],
    );
    return { own, shared, buckets };
  }).filter(({ own }) => own.length + shared.length > 0);
}

/** The most frequent values are found among all people only. */
function keepsUnits(query: EventQuery): boolean {
  if (query.kind === "experiment" || query.kind === "retention") return true;
  if (query.kind === "funnel") return query.split?.by !== "property";
  if (query.kind !== "series" || query.measure.of !== "units") return false;
  return query.measure.precision === "exact" && query.split?.by !== "property";
}
