import type { Db } from "@paceline/db";

import { metricKeysOf, monitor } from "../domain/index.ts";
import type { ExperimentStatistics, MonitorFinding } from "../domain/index.ts";
import type { ExperimentDependencies } from "./dependencies.ts";
import { listMetrics } from "./repository.ts";
import type { Experiment } from "./repository.ts";
import { readStatistics } from "./statistics.ts";

/** One reading of the monitor clock, with the numbers behind it. */
export interface MonitorReading {
  readonly finding: MonitorFinding;
  readonly statistics: ExperimentStatistics;
}

/**
 * Reads fresh data of a running experiment and applies the monitor's rules; null before the start.
 *
 * @param asOf  on the clock of the experiment's environment
 */
export async function readMonitor(
  deps: Pick<ExperimentDependencies, "events">,
  db: Db,
  experiment: Experiment,
  asOf: Date,
): Promise<MonitorReading | null> {
  const { criterion, startedAt } = experiment;
  if (startedAt === null) return null;
  const statistics = await readStatistics(deps.events, {
    workspaceId: experiment.workspaceId,
    environment: experiment.environment,
    experimentId: experiment.id,
    flagKey: experiment.flagKey,
    variants: Object.keys(criterion.design.allocation),
    metrics: await listMetrics(db, experiment.workspaceId, metricKeysOf(criterion)),
    windowHours: criterion.design.conversionWindowHours,
    from: startedAt,
    asOf,
  });
  return { statistics, finding: monitor({ criterion, statistics }) };
}
