import type { Db } from "@paceline/db";
import type { ExperimentRef, ReadinessItem } from "@paceline/experiments/server";
import { disagreeing, disagreementWords } from "@paceline/flags/domain";
import { readFlag, readLatest, readParity } from "@paceline/flags/server";
import type { Subscribers } from "@paceline/flags/server";
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

/** What tells which bucketing the clients of an environment run. */
export interface ParityDependencies {
  readonly subscribers: Subscribers;
  readonly now: Date;
}

/** Every surface must put a unit into the same arm, or the arms are compared with themselves. */
async function parityItem(
  db: Db,
  { workspaceId, environment }: ExperimentRef,
  { subscribers, now }: ParityDependencies,
): Promise<ReadinessItem> {
  const item = { key: "parity", title: "Same buckets everywhere" } as const;
  const clients = await readParity(db, subscribers, { workspaceId, environment }, now);
  const other = disagreeing(clients, "flagd-v2");
  if (other.length > 0) {
    const detail = `${disagreementWords(other)}. Update ${other.length === 1 ? "it" : "them"}, have the parity probe answered, or let ${other.length === 1 ? "it" : "them"} ask the server (OFREP).`;
    return { ...item, met: false, detail };
  }
  const detail =
    clients.length === 0
      ? `No client of ${environment} evaluates by itself.`
      : `Every client of ${environment} that evaluates by itself runs the server's bucketing.`;
  return { ...item, met: true, detail };
}

/** What must hold in other features before an experiment may expose anyone: undo before do. */
export async function experimentReadiness(
  db: Db,
  experiment: ExperimentRef,
  initiative: (experiment: ExperimentRef) => Promise<ReadinessItem>,
  parity: ParityDependencies,
): Promise<readonly ReadinessItem[]> {
  return [
    await initiative(experiment),
    await flagItem(db, experiment),
    await rollbackItem(db, experiment),
    await parityItem(db, experiment, parity),
  ];
}
