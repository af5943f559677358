import type { Db } from "@paceline/db";

import type { AnalysisDocument } from "../api.ts";
import { analyze, metricKeysOf } from "../domain/index.ts";
import { analysisDocument } from "./analysis-document.ts";
import type { ExperimentDependencies } from "./dependencies.ts";
import { listLooks, listMetrics } from "./repository.ts";
import type { Experiment } from "./repository.ts";
import { readStatistics } from "./statistics.ts";

/**
 * Analyzes what is known of a run at `asOf`. The looks in the log count as spent; nothing is written.
 *
 * @param startedAt  start of the run; exposures before it do not count
 */
export async function readAnalysis(
  deps: Pick<ExperimentDependencies, "events">,
  db: Db,
  experiment: Experiment,
  startedAt: Date,
  asOf: Date,
): Promise<AnalysisDocument> {
  const { criterion } = experiment;
  const metrics = await listMetrics(db, experiment.workspaceId, metricKeysOf(criterion));
  const looks = await listLooks(db, experiment);
  await deps.events.flush();
  const statistics = await readStatistics(deps.events, {
    workspaceId: experiment.workspaceId,
    environment: experiment.environment,
    experimentId: experiment.id,
    flagKey: experiment.flagKey,
    variants: Object.keys(criterion.design.allocation),
    metrics,
    windowHours: criterion.design.conversionWindowHours,
    from: startedAt,
    asOf,
  });
  const pastLooks = looks.map(({ look, informationFraction, analysis }) => ({
    look,
    informationFraction,
    units: Object.values(analysis.srm.observed).reduce((sum, units) => sum + units, 0),
    alphaSpent: analysis.alphaSpent,
  }));
  const document = analysisDocument(
    analyze({ criterion, statistics, startedAt, now: asOf, pastLooks }),
  );
  // Numbers over a part of the events must not pass for the whole.
  if (statistics.missing === null) return document;
  return { ...document, reason: `${statistics.missing} ${document.reason}` };
}
