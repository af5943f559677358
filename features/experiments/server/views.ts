import type { Db } from "@paceline/db";

import type { ExperimentDetail, ExperimentSummary, LookDocument } from "../api.ts";
import { metricKeysOf } from "../domain/index.ts";
import type { Criterion, Verdict } from "../domain/index.ts";
import { timeboxEnd } from "./look-time.ts";
import { listLooks, listMetrics } from "./repository.ts";
import type { Experiment, Look } from "./repository.ts";

const VERDICTS: readonly Verdict[] = [
  "invalid",
  "rollback",
  "continue",
  "inconclusive",
  "ship",
  "iterate",
];

/** One row of the list. */
export function experimentSummary(experiment: Experiment): ExperimentSummary {
  return {
    id: experiment.id,
    name: experiment.name,
    initiativeId: experiment.initiativeId,
    flagKey: experiment.flagKey,
    environment: experiment.environment,
    state: experiment.state,
    iteration: experiment.criterion.iteration,
    verdict: VERDICTS.find((verdict) => verdict === experiment.verdict) ?? null,
    reason: experiment.reason,
    startedAt: experiment.startedAt?.toISOString() ?? null,
    endsAt: timeboxEnd(experiment)?.toISOString() ?? null,
    createdAt: experiment.createdAt.toISOString(),
    version: experiment.version,
  };
}

/** One look as it travels. */
export function lookDocument(look: Look): LookDocument {
  return {
    look: look.look,
    kind: look.kind,
    takenAt: look.takenAt.toISOString(),
    asOf: look.asOf.toISOString(),
    analysis: look.analysis,
    auditEntry: look.auditEntry,
  };
}

/** The criterion as it was hashed: nothing is added, so anybody can recompute its digest. */
function criterionDocument(criterion: Criterion): ExperimentDetail["criterion"] {
  const { secondary, ...rest } = criterion;
  return {
    ...rest,
    ...(secondary === undefined ? {} : { secondary: [...secondary] }),
    guardrails: [...criterion.guardrails],
  };
}

/** Everything that the result page and the set-up page show. */
export async function experimentDetail(db: Db, experiment: Experiment): Promise<ExperimentDetail> {
  const keys = metricKeysOf(experiment.criterion);
  const metrics = await listMetrics(db, experiment.workspaceId, keys);
  const looks = await listLooks(db, experiment);
  return {
    ...experimentSummary(experiment),
    criterion: criterionDocument(experiment.criterion),
    criterionDigest: experiment.criterionDigest,
    lockedAt: experiment.lockedAt?.toISOString() ?? null,
    lockedBy: experiment.lockedBy,
    lockEntry: experiment.lockEntry,
    metrics: [...metrics],
    looks: looks.map(lookDocument),
  };
}
