import type { Db } from "@paceline/db";
import type { Metric, Statistic } from "@paceline/experiments/domain";
import { armMetrics, listMetrics, metricPlans } from "@paceline/experiments/server";
import type { StoredStatistics } from "@paceline/experiments/server";
import { HELD_BACK, rolloutComparison } from "@paceline/flags/domain";

import { addArms } from "../../domain/index.ts";
import type { GuardedRun, GuardedStage, GuardStatistics } from "../../domain/index.ts";
import type { ComparisonQuery, GuardEventStore } from "./dependencies.ts";

/** What the comparison of a stage says, for the metrics of one conversion window. */
export interface ComparisonReading {
  readonly statistics: GuardStatistics;
  readonly statisticOf: (metric: string) => Statistic | null;
  readonly missing: string | null;
  readonly sql: string;
}

function statisticsOf(stored: StoredStatistics): GuardStatistics {
  const arms = stored.variants.map(({ variant, units, moments }) => ({
    variant,
    units,
    metrics: armMetrics(moments),
  }));
  const newest = Math.max(stored.newestExposureAt ?? 0, stored.newestEventAt ?? 0);
  return {
    exposed: addArms(arms.filter(({ variant }) => variant !== HELD_BACK)),
    control: addArms(arms.filter(({ variant }) => variant === HELD_BACK)),
    crossExposedUnits: stored.crossExposedUnits,
    newestEventAt: newest === 0 ? null : new Date(newest),
  };
}

/** The query of a stage's comparison; the same from reading to reading but for `asOf`, so that it is refreshed. */
export function comparisonQuery(
  run: GuardedRun,
  stage: GuardedStage,
  metrics: readonly Metric[],
  windowHours: number,
  now: Date,
): ComparisonQuery | null {
  const comparison = rolloutComparison(run.runId, stage.exposureShare);
  if (comparison === null) return null;
  return {
    kind: "experiment",
    workspace: run.workspaceId,
    environment: run.environment,
    exposure: { experimentId: comparison.id },
    metrics: metricPlans(metrics),
    windowHours,
    from: run.startedAt.getTime(),
    asOf: now.getTime(),
    cut: "none",
  };
}

/** Metrics by the window in which their events count: each window is one query. */
export function windowsOf(run: GuardedRun): ReadonlyMap<number, readonly string[]> {
  const windows = new Map<number, Set<string>>();
  for (const { source } of run.guards) {
    if (source.kind !== "event-metric") continue;
    const keys = windows.get(source.windowHours) ?? new Set();
    windows.set(source.windowHours, keys.add(source.metric));
  }
  return new Map([...windows].map(([hours, keys]) => [hours, [...keys].toSorted()]));
}

/** Reads both arms of a stage; null where nobody is exposed. */
export async function readComparison(
  db: Db,
  events: GuardEventStore,
  run: GuardedRun,
  stage: GuardedStage,
  windowHours: number,
  keys: readonly string[],
  now: Date,
): Promise<ComparisonReading | null> {
  const metrics = await listMetrics(db, run.workspaceId, keys);
  const query = comparisonQuery(run, stage, metrics, windowHours, now);
  if (query === null) return null;
  const stored = await events.comparison(query);
  return {
    statistics: statisticsOf(stored),
    statisticOf: (key) => metrics.find((metric) => metric.key === key)?.statistic ?? null,
    missing: stored.missing,
    sql: stored.sql,
  };
}
