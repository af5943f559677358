import { createHash } from "node:crypto";

import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import { canonicalJson } from "@paceline/transparency-log";

import { controlOf, metricKeysOf } from "../../domain/index.ts";
import type { ExperimentDependencies } from "../dependencies.ts";
import type { ExperimentError } from "../errors.ts";
import { exposedUnits } from "../exposed-units.ts";
import { listMetrics, lockExperiment, updateExperiment } from "../repository.ts";
import type { Experiment } from "../repository.ts";

/**
 * Locks the criterion: from here on it never changes. Its SHA-256 over canonical JSON, together with
 * the definitions of its metrics, goes into the audit log. Refused once a unit has been exposed.
 */
export async function lockCriterion(
  deps: ExperimentDependencies,
  ctx: CommandContext,
  id: string,
): Promise<Result<Experiment, ExperimentError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "experiment.lock");
    const experiment = await lockExperiment(tx, ctx.workspaceId, id);
    if (experiment === null) return err({ kind: "experiment-not-found" });
    if (experiment.state !== "draft") return err({ kind: "criterion-locked" });
    const keys = metricKeysOf(experiment.criterion);
    const metrics = await listMetrics(tx, ctx.workspaceId, keys);
    const unknown = keys.filter((key) => !metrics.some((metric) => metric.key === key));
    if (unknown.length > 0) return err({ kind: "metric-unknown", keys: unknown });
    const units = await exposedUnits(deps, experiment);
    if (units > 0) return err({ kind: "already-exposed", units });
    const criterionText = canonicalJson({ ...experiment.criterion });
    const digest = createHash("sha256").update(criterionText).digest("hex");
    const { id: lockEntry } = await appendAudit(tx, ctx, {
      action: "experiment.lock",
      subject: { kind: "experiment", id },
      detail: {
        criterion: JSON.parse(criterionText),
        criterionSha256: digest,
        // Canonical JSON sorts the arms, so it does not say which one is the control.
        control: controlOf(experiment.criterion),
        metrics: metrics.map((metric) => ({ ...metric })),
      },
    });
    const locked = await updateExperiment(tx, {
      ...experiment,
      state: "locked",
      criterionDigest: digest,
      lockedAt: await deps.environmentNow(ctx.workspaceId, experiment.environment),
      lockedBy: ctx.actor.name,
      lockEntry,
    });
    deps.publish(ctx.workspaceId, "experiments", { id });
    return ok(locked);
  });
}
