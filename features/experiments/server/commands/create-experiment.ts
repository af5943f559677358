import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { checkCriterion } from "../../domain/index.ts";
import type { Criterion } from "../../domain/index.ts";
import type { ExperimentError } from "../errors.ts";
import { insertExperiment } from "../repository.ts";
import type { Experiment } from "../repository.ts";

export interface CreateExperiment {
  readonly name: string;
  readonly initiativeId: string | null;
  readonly flagKey: string;
  readonly environment: string;
  readonly criterion: Criterion;
}

/** Makes a draft; its criterion can be edited until it is locked. */
export function createExperiment(
  ctx: CommandContext,
  input: CreateExperiment,
): Promise<Result<Experiment, ExperimentError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "experiment.edit");
    const checked = checkCriterion(input.criterion);
    if (!checked.ok) return err({ kind: "criterion-invalid", faults: checked.error });
    const experiment: Experiment = {
      ...input,
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      state: "draft",
      criterionDigest: null,
      lockedAt: null,
      lockedBy: null,
      lockEntry: null,
      startedAt: null,
      endedAt: null,
      verdict: null,
      reason: null,
      createdAt: ctx.now,
      version: 1,
    };
    await insertExperiment(tx, experiment);
    await appendAudit(tx, ctx, {
      action: "experiment.create",
      subject: { kind: "experiment", id: experiment.id },
      detail: {
        name: input.name,
        initiativeId: input.initiativeId,
        flagKey: input.flagKey,
        environment: input.environment,
      },
    });
    return ok(experiment);
  });
}
