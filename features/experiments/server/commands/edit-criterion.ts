import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { checkCriterion } from "../../domain/index.ts";
import type { Criterion } from "../../domain/index.ts";
import type { ExperimentError } from "../errors.ts";
import { lockExperiment, updateExperiment } from "../repository.ts";
import type { Experiment } from "../repository.ts";

/** Replaces the criterion of a draft. */
export function editCriterion(
  ctx: CommandContext,
  id: string,
  version: number,
  criterion: Criterion,
): Promise<Result<Experiment, ExperimentError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "experiment.edit");
    const experiment = await lockExperiment(tx, ctx.workspaceId, id);
    if (experiment === null) return err({ kind: "experiment-not-found" });
    if (experiment.version !== version) {
      return err({ kind: "stale-experiment", current: experiment.version });
    }
    if (experiment.state !== "draft") return err({ kind: "criterion-locked" });
    const checked = checkCriterion(criterion);
    if (!checked.ok) return err({ kind: "criterion-invalid", faults: checked.error });
    const edited = await updateExperiment(tx, { ...experiment, criterion });
    await appendAudit(tx, ctx, {
      action: "experiment.edit",
      subject: { kind: "experiment", id },
      detail: { version: edited.version },
    });
    return ok(edited);
  });
}
