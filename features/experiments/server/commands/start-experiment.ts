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

/** Starts the run: refused while a condition is not met, and the refusal names each with its way out. */
export async function startExperiment(
  deps: ExperimentDependencies,
  ctx: CommandContext,
  id: string,
): Promise<Result<Experiment, ExperimentError>> {
  let afterwards: (() => Promise<void>) | null = null;
  const result = await inTransaction<Result<Experiment, ExperimentError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "experiment.start");
    const experiment = await holdExperiment(deps, tx, ctx, id);
    if (experiment === null) return err({ kind: "experiment-not-found" });
    if (experiment.state === "draft") return err({ kind: "criterion-not-locked" });
    if (experiment.state !== "locked") {
      return err({
        kind: "wrong-experiment-state",
        state: experiment.state,
        needs: "a locked experiment",
      });
    }
    const items = await deps.readiness(experiment);
    const missing = items.filter(({ met }) => !met);
    if (missing.length > 0) return err({ kind: "experiment-not-ready", missing });
    const { maxDays } = experiment.criterion.design;
    const begun = await deps.begin({ ...ctx, db: tx }, { ...experiment, maxDays });
    if (!begun.ok) {
      afterwards = begun.afterwards;
      return err({ kind: "initiative-refused", words: begun.words });
    }
    const startedAt = await deps.environmentNow(ctx.workspaceId, experiment.environment);
    const started = await updateExperiment(tx, { ...experiment, state: "running", startedAt });
    await appendAudit(tx, ctx, {
      action: "experiment.start",
      subject: { kind: "experiment", id },
      detail: {
        criterionSha256: experiment.criterionDigest,
        startedAt: startedAt.toISOString(),
        readiness: items.map(({ key, detail }) => ({ key, detail })),
      },
    });
    deps.publish(ctx.workspaceId, "experiments", { id });
    return ok(started);
  });
  await runIfAny(afterwards);
  if (result.ok) await deps.begun(result.value);
  return result;
}

async function runIfAny(work: (() => Promise<void>) | null): Promise<void> {
  await work?.();
}
