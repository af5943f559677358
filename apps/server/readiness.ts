import type { Db } from "@paceline/db";
import type { ExperimentRef, ReadinessItem } from "@paceline/experiments/server";
import { readFlag, readLatest } from "@paceline/flags/server";
import { findDefinition } from "@paceline/rollouts/server";

async function flagItem(db: Db, experiment: ExperimentRef): Promise<ReadinessItem> {
  const { workspaceId, flagKey, environment } = experiment;
  const flag = await readFlag(db, workspaceId, flagKey);
  const latest = flag === null ? null : await readLatest(db, flag.id, environment);
  const serves = latest?.content?.configuration.rules.some(
    ({ experimentId, recordExposure }) => experimentId === experiment.id && recordExposure,
  );
  const item = { key: "flag", title: "Feature flag" } as const;
  if (latest === null) {
    return { ...item, met: false, detail: `Publish the flag ${flagKey} in ${environment}.` };
  }
  if (serves !== true) {
    return {
      ...item,
      met: false,
      detail: `Publish a rule of ${flagKey} in ${environment} that serves this experiment and records exposures.`,
    };
  }
  return {
    ...item,
    met: true,
    detail: `Revision ${latest.revision} of ${flagKey} serves this experiment.`,
  };
}

async function rollbackItem(db: Db, experiment: ExperimentRef): Promise<ReadinessItem> {
  const { workspaceId, flagKey, environment } = experiment;
  const definition = await findDefinition(db, workspaceId, environment, flagKey);
  const item = { key: "rollback", title: "Way back" } as const;
  if (definition === null) {
    return { ...item, met: false, detail: `Define the rollback of ${flagKey} in ${environment}.` };
  }
  const target =
    definition.target.kind === "off" ? "the off variant" : `revision ${definition.target.revision}`;
  return {
    ...item,
    met: true,
    detail: `Goes back to ${target}${definition.mode === "automatic" ? " by itself" : " when you say so"}.`,
  };
}

/** What must hold in other features before an experiment may expose anyone: undo before do. */
export async function experimentReadiness(
  db: Db,
  experiment: ExperimentRef,
  initiative: (experiment: ExperimentRef) => Promise<ReadinessItem>,
): Promise<readonly ReadinessItem[]> {
  return [
    await initiative(experiment),
    await flagItem(db, experiment),
    await rollbackItem(db, experiment),
  ];
}
