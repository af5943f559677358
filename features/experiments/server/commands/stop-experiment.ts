import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { ExperimentDependencies } from "../dependencies.ts";
import type { ExperimentError } from "../errors.ts";
import { holdExperiment } from "../hold-experiment.ts";
import { updateExperiment } from "../repository.ts";
import type { Experiment } from "../repository.ts";

/** How a run ends before its verdict by rule: by hand, or because it was rolled back. */
export interface StopExperiment {
  readonly id: string;
  readonly reason: string;
  /** `rollback` or `invalid` when the monitor or a person took the flag back; null for a plain stop. */
  readonly verdict: "rollback" | "invalid" | null;
}

/** Ends a run. The flag is not touched: taking it back is the rollback's work. */
export function stopExperiment(
  deps: Pick<ExperimentDependencies, "environmentNow" | "holdFlag" | "conclude" | "publish">,
  ctx: CommandContext,
  input: StopExperiment,
): Promise<Result<Experiment, ExperimentError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, input.verdict === null ? "experiment.start" : "rollback.execute");
    const experiment = await holdExperiment(deps, tx, ctx, input.id);
    if (experiment === null) return err({ kind: "experiment-not-found" });
    if (experiment.state !== "running") {
      return err({
        kind: "wrong-experiment-state",
        state: experiment.state,
        needs: "a running experiment",
      });
    }
    const stopped = await updateExperiment(tx, {
      ...experiment,
      state: input.verdict === null ? "stopped" : "concluded",
      verdict: input.verdict,
      reason: input.reason,
      endedAt: await deps.environmentNow(ctx.workspaceId, experiment.environment),
    });
    const { id: auditEntry } = await appendAudit(tx, ctx, {
      action: "experiment.stop",
      subject: { kind: "experiment", id: input.id },
      detail: { reason: input.reason, verdict: input.verdict },
    });
    if (input.verdict !== null) {
      await deps.conclude({ ...ctx, db: tx }, { ...stopped, verdict: input.verdict, auditEntry });
    }
    deps.publish(ctx.workspaceId, "experiments", { id: input.id });
    return ok(stopped);
  });
}
