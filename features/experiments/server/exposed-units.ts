import type { ExperimentDependencies } from "./dependencies.ts";
import type { Experiment } from "./repository.ts";
import { planOf } from "./statistics.ts";

/** Units that have seen a variant of the experiment's flag in its environment so far. */
export async function exposedUnits(
  deps: ExperimentDependencies,
  experiment: Experiment,
): Promise<number> {
  await deps.events.flush();
  const asOf = await deps.environmentNow(experiment.workspaceId, experiment.environment);
  const { variants, crossExposedUnits } = await deps.events.experiment(
    planOf({
      workspaceId: experiment.workspaceId,
      environment: experiment.environment,
      experimentId: experiment.id,
      flagKey: experiment.flagKey,
      variants: Object.keys(experiment.criterion.design.allocation),
      metrics: [],
      windowHours: experiment.criterion.design.conversionWindowHours,
      from: new Date(0),
      asOf,
    }),
  );
  return variants.reduce((sum, { units }) => sum + units, crossExposedUnits);
}
