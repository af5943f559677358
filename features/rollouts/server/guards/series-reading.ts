import { HELD_BACK, rolloutComparison } from "@paceline/flags/domain";

import { bucketsNeeded } from "../../domain/index.ts";
import type {
  GuardBucket,
  GuardedRun,
  GuardedStage,
  GuardEvents,
  NoDataSource,
  SeriesThresholdSource,
} from "../../domain/index.ts";
import type { GuardEventStore, GuardSeriesQuery, SeriesAnswer } from "./dependencies.ts";

const SECOND_MS = 1_000;
/** The newest event of an arrival guard is known to this part of the guard's time. */
const ARRIVAL_STEPS = 60;

interface SeriesRead {
  readonly buckets: readonly GuardBucket[];
  readonly missing: string | null;
  readonly sql: string;
}

function selection({ type, event }: GuardEvents): GuardSeriesQuery["events"] {
  return { ...(type === null ? {} : { type }), ...(event === null ? {} : { event }) };
}

function measureOf({ measure }: SeriesThresholdSource): GuardSeriesQuery["measure"] {
  return measure.of === "units" ? { of: "units", precision: "exact" } : measure;
}

/** The lines of the exposed variants added up; without a split there is one line. */
function added({ lines }: SeriesAnswer, isSplit: boolean): readonly GuardBucket[] {
  const counted = isSplit
    ? lines.filter(({ split }) => split !== null && split !== HELD_BACK)
    : lines;
  const [first, ...others] = counted.map(({ points }) => points);
  return (first ?? []).map(({ at, value, events }, index) => {
    const parts = others.flatMap((points) => points[index] ?? []);
    return parts.reduce<GuardBucket>(
      (sum, part) => ({
        at,
        value: sum.value === null || part.value === null ? null : sum.value + part.value,
        events: sum.events + part.events,
      }),
      { at, value, events },
    );
  });
}

/** Where nobody had such an event the store has no line, yet every bucket is known to be empty. */
function filled(buckets: readonly GuardBucket[], query: GuardSeriesQuery): readonly GuardBucket[] {
  if (buckets.length > 0) return buckets;
  const first = Math.floor(query.from / query.bucketMs) * query.bucketMs;
  const count = Math.ceil((query.to - first) / query.bucketMs);
  const value = query.measure.of === "mean" ? null : 0;
  return Array.from({ length: count }, (_, index) => ({
    at: first + index * query.bucketMs,
    value,
    events: 0,
  }));
}

function divided(
  buckets: readonly GuardBucket[],
  by: readonly GuardBucket[],
): readonly GuardBucket[] {
  const counts = new Map(by.map(({ at, events }) => [at, events]));
  return buckets.map(({ at, value, events }) => {
    const count = counts.get(at) ?? 0;
    // What arrived is what is divided by: without it nothing is known, whatever the measure says.
    return {
      at,
      events: events + count,
      value: count === 0 || value === null ? null : value / count,
    };
  });
}

/** Reads a guarded series: the buckets that decide, and the one that is not over yet. */
export async function readSeries(
  events: GuardEventStore,
  source: SeriesThresholdSource,
  run: GuardedRun,
  stage: GuardedStage,
  now: Date,
): Promise<SeriesRead> {
  const bucketMs = source.bucketSeconds * SECOND_MS;
  const to = now.getTime();
  const comparison =
    source.who === "exposed" ? rolloutComparison(run.runId, stage.exposureShare) : null;
  const base: Omit<GuardSeriesQuery, "events" | "measure"> = {
    kind: "series",
    workspace: run.workspaceId,
    environment: run.environment,
    // Two more than needed: the newest is not over, and the one before may not have settled.
    from: (Math.floor(to / bucketMs) - bucketsNeeded(source) - 1) * bucketMs,
    to: to + 1,
    bucketMs,
    zoneOffsetMs: 0,
    ...(comparison === null
      ? {}
      : {
          split: {
            by: "variant",
            exposure: { experimentId: comparison.id },
            from: run.startedAt.getTime(),
          },
        }),
  };
  const isSplit = comparison !== null;
  const query = { ...base, events: selection(source.events), measure: measureOf(source) };
  const answer = await events.series(query);
  const buckets = filled(added(answer, isSplit), query);
  if (source.per === null) return { buckets, missing: answer.missing, sql: answer.sql };
  const perQuery: GuardSeriesQuery = {
    ...base,
    events: selection(source.per),
    measure: { of: "events" },
  };
  const per = await events.series(perQuery);
  return {
    buckets: divided(buckets, filled(added(per, isSplit), perQuery)),
    missing: answer.missing ?? per.missing,
    sql: `${answer.sql}\n\n${per.sql}`,
  };
}

/** Counts the events that arrived within the guard's time. */
export async function readArrivals(
  events: GuardEventStore,
  source: NoDataSource,
  run: GuardedRun,
  now: Date,
): Promise<{
  readonly count: number;
  readonly newestAt: number | null;
  readonly missing: string | null;
  readonly sql: string;
}> {
  const lengthMs = source.forSeconds * SECOND_MS;
  const bucketMs = Math.max(SECOND_MS, Math.floor(lengthMs / ARRIVAL_STEPS));
  const to = now.getTime() + 1;
  const answer = await events.series({
    kind: "series",
    workspace: run.workspaceId,
    environment: run.environment,
    events: selection(source.events),
    measure: { of: "events" },
    from: to - lengthMs,
    to,
    bucketMs,
    zoneOffsetMs: 0,
  });
  const points = answer.lines.flatMap((line) => line.points);
  const arrived = points.filter(({ events: count }) => count > 0);
  return {
    count: points.reduce((sum, { events: count }) => sum + count, 0),
    newestAt: arrived.length === 0 ? null : Math.max(...arrived.map(({ at }) => at)),
    missing: answer.missing,
    sql: answer.sql,
  };
}
