import {
  isComparisonGuard,
  judgeAlerts,
  judgeArrival,
  judgeComparison,
  judgeSeries,
  passedInStage,
} from "../../domain/index.ts";
import type {
  ComparisonGuard,
  Guard,
  GuardedRun,
  GuardedStage,
  GuardReading,
  Judged,
} from "../../domain/index.ts";
import { listFiring } from "./alert-repository.ts";
import { readComparison, windowsOf } from "./comparison-reading.ts";
import type { ComparisonReading } from "./comparison-reading.ts";
import type { GuardReaderDependencies, GuardsRead } from "./dependencies.ts";
import { readArrivals, readSeries } from "./series-reading.ts";

/** Events that have waited longer to be seen make every number of events old. */
const LATE_SECONDS = 30;

/** Readings with the statements behind them, by guard; alerts have none. */
export interface GuardObservation extends GuardsRead {
  readonly sql: Readonly<Record<string, string>>;
}

interface Found {
  readonly judged: Judged;
  readonly newestEventAt: Date | null;
  readonly sql: string | null;
}

interface Reading {
  readonly deps: GuardReaderDependencies;
  readonly run: GuardedRun;
  readonly stage: GuardedStage;
  readonly now: Date;
  /** Exposed units when the stage began; null for a stage whose beginning is not known. */
  readonly unitsAtEntry: number | null;
}

function noData(reason: string): Judged {
  return { verdict: "no-data", reason, numbers: {} };
}

/** Why nothing that is counted now can be trusted, or null. */
function lateness({ deps }: Reading): string | null {
  const { seconds, failure } = deps.events.lateness();
  if (failure !== null) return `Events cannot be read now: ${failure}.`;
  return seconds > LATE_SECONDS
    ? `Events have waited ${Math.round(seconds)} s to be counted; what is known is too old.`
    : null;
}

/** Numbers over a part of the events must not pass for the whole. */
function unlessMissing(missing: string | null, judged: () => Judged): Judged {
  return missing === null ? judged() : noData(missing);
}

async function readSeriesGuard(reading: Reading, guard: Guard): Promise<Found> {
  const { deps, run, stage, now } = reading;
  const { source, action } = guard;
  if (source.kind !== "series-threshold") throw new Error(`${guard.id} reads no series`);
  const { buckets, missing, sql } = await readSeries(deps.events, source, run, stage, now);
  const newest = buckets.findLast(({ events }) => events > 0);
  const { startedAt } = run;
  const { enteredAt } = stage;
  return {
    judged: unlessMissing(missing, () =>
      judgeSeries({ source, action, buckets, startedAt, enteredAt, now }),
    ),
    newestEventAt: newest === undefined ? null : new Date(newest.at),
    sql,
  };
}

async function readArrivalGuard({ deps, run, now }: Reading, guard: Guard): Promise<Found> {
  const { source, action } = guard;
  if (source.kind !== "no-data") throw new Error(`${guard.id} reads no arrivals`);
  const { count, newestAt, missing, sql } = await readArrivals(deps.events, source, run, now);
  return {
    judged: unlessMissing(missing, () => judgeArrival(source, action, count)),
    newestEventAt: newestAt === null ? null : new Date(newestAt),
    sql,
  };
}

async function readAlertGuard({ deps, run, now }: Reading, guard: Guard): Promise<Found> {
  const { source, action } = guard;
  if (source.kind !== "alert") throw new Error(`${guard.id} reads no alerts`);
  const { firing, hasReceiver } = await listFiring(deps.db, run.workspaceId);
  const { startedAt } = run;
  const judged = judgeAlerts({ source, action, firing, hasReceiver, startedAt, now });
  return { judged, newestEventAt: null, sql: null };
}

/** One query for each conversion window, shared by all guards that compare the arms. */
async function readComparisons(reading: Reading): Promise<ReadonlyMap<number, ComparisonReading>> {
  const { deps, run, stage, now } = reading;
  const windows = new Map(windowsOf(run));
  // Shares of units and the sample are asked for even where no metric is.
  if (windows.size === 0) windows.set(1, []);
  const found = new Map<number, ComparisonReading>();
  for (const [hours, keys] of windows) {
    const read = await readComparison(deps.db, deps.events, run, stage, hours, keys, now);
    if (read !== null) found.set(hours, read);
  }
  return found;
}

function unitsIn({ statistics }: ComparisonReading): number {
  return statistics.exposed.units + statistics.crossExposedUnits;
}

function readComparisonGuard(
  { run, stage, unitsAtEntry }: Reading,
  guard: ComparisonGuard,
  comparisons: ReadonlyMap<number, ComparisonReading>,
): Found {
  const { source } = guard;
  const found =
    source.kind === "event-metric"
      ? comparisons.get(source.windowHours)
      : [...comparisons.values()][0];
  if (found === undefined) {
    return { judged: noData("Nobody is exposed."), newestEventAt: null, sql: null };
  }
  const { statistics, statisticOf, missing, sql } = found;
  const { guards, stages } = run;
  const { exposureShare } = stage;
  const units = unitsIn(found);
  const newUnits = units - (unitsAtEntry ?? units);
  const judged = unlessMissing(missing, () =>
    passedInStage(
      guard,
      judgeComparison(guard, { guards, stages, exposureShare, statistics, statisticOf }),
      newUnits,
    ),
  );
  return { judged, newestEventAt: statistics.newestEventAt, sql };
}

function exposedUnits(comparisons: ReadonlyMap<number, ComparisonReading>): number | null {
  const [first] = comparisons.values();
  return first === undefined ? null : unitsIn(first);
}

/** What all guards of a pass share; comparisons are null where they could not be read. */
interface Shared {
  readonly late: string | null;
  readonly comparisons: ReadonlyMap<number, ComparisonReading> | null;
}

const UNREADABLE = "It could not be read; the log of the server says why.";

async function readGuard(reading: Reading, guard: Guard, shared: Shared): Promise<Found> {
  const without = (reason: string): Found => ({
    judged: noData(reason),
    newestEventAt: null,
    sql: null,
  });
  try {
    if (guard.source.kind === "alert") return await readAlertGuard(reading, guard);
    if (shared.late !== null) return without(shared.late);
    if (guard.source.kind === "series-threshold") return await readSeriesGuard(reading, guard);
    if (guard.source.kind === "no-data") return await readArrivalGuard(reading, guard);
    if (shared.comparisons === null || !isComparisonGuard(guard)) return without(UNREADABLE);
    return readComparisonGuard(reading, guard, shared.comparisons);
  } catch (error) {
    reading.deps.onError(error, reading.run.runId);
    return without(UNREADABLE);
  }
}

/**
 * Reads every guard of a run once. A guard whose reading fails has no data, and the others go on.
 * Costs one query for each conversion window, which is refreshed from new events only, and one or two
 * over the guard's own time for each series and arrival guard.
 */
export async function observeGuards(
  deps: GuardReaderDependencies,
  run: GuardedRun,
  stage: GuardedStage,
  now: Date,
  unitsAtEntry: number | null,
): Promise<GuardObservation> {
  const reading: Reading = { deps, run, stage, now, unitsAtEntry };
  const late = lateness(reading);
  const comparisons = await readComparisons(reading).catch((error: unknown) => {
    deps.onError(error, run.runId);
    return null;
  });
  const readings: GuardReading[] = [];
  const sql: Record<string, string> = {};
  for (const guard of run.guards) {
    const found = await readGuard(reading, guard, { late, comparisons });
    if (found.sql !== null) sql[guard.id] = found.sql;
    readings.push({
      guardId: guard.id,
      ...found.judged,
      at: now.toISOString(),
      newestEventAt: found.newestEventAt?.toISOString() ?? null,
    });
  }
  const isKnown = comparisons !== null && late === null;
  return {
    stageId: stage.id,
    readings,
    exposedUnits: isKnown ? exposedUnits(comparisons) : null,
    sql,
  };
}
