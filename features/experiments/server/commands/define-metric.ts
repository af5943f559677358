import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import { canonicalJson } from "@paceline/transparency-log";

import type { MetricDocument } from "../../api.ts";
import { checkMetric, metricKeysOf } from "../../domain/index.ts";
import type { ExperimentError } from "../errors.ts";
import { listExperiments, listMetrics, upsertMetric } from "../repository.ts";

const CHECKED_EXPERIMENTS = 10_000;

/** Adds a metric or changes one that no locked criterion uses. */
export function defineMetric(
  ctx: CommandContext,
  metric: MetricDocument,
): Promise<Result<MetricDocument, ExperimentError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "experiment.edit");
    const faults = checkMetric(metric);
    if (faults.length > 0) return err({ kind: "metric-invalid", faults });
    const [before] = await listMetrics(tx, ctx.workspaceId, [metric.key]);
    if (before !== undefined && canonicalJson(before) === canonicalJson(metric)) return ok(metric);
    if (before !== undefined) {
      const users = await listExperiments(tx, ctx.workspaceId, {}, null, CHECKED_EXPERIMENTS);
      const user = users.find(
        ({ state, criterion }) => state !== "draft" && metricKeysOf(criterion).includes(metric.key),
      );
      if (user !== undefined) return err({ kind: "metric-in-use", experiment: user.name });
    }
    await upsertMetric(tx, ctx.workspaceId, metric, ctx.now);
    await appendAudit(tx, ctx, {
      action: "metric.define",
      subject: { kind: "metric", id: metric.key },
      detail: { definition: { ...metric } },
    });
    return ok(metric);
  });
}
