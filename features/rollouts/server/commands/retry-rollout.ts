import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import type { RetryRefusal, Run, RunControl } from "@paceline/workflow";

import type { RolloutError } from "../plans/errors.ts";
import { findRollout } from "../plans/repository.ts";
import type { Rollout } from "../plans/repository.ts";

function wordsOf(refusal: RetryRefusal): string {
  switch (refusal.kind) {
    case "run-not-found":
      return "It was not started, or its history is no longer kept.";
    case "run-finished":
      return "It has ended.";
    case "run-stopped":
      return `It is not quarantined and moves by itself: ${refusal.reason}`;
    case "unknown-version":
      return `This server does not have version ${refusal.version} of ${refusal.process}.`;
    case "effect-not-found":
      return "It has no such step; its run lists those it has.";
    case "effect-not-failed":
      return refusal.status === "done"
        ? "That step is done."
        : "That step still waits to be done, by itself.";
  }
}

/**
 * Lets a rollout that stands still go on: from one failed step, or from where it was quarantined. Nothing
 * that is done is done again.
 */
export function retryRollout(
  control: RunControl,
  ctx: CommandContext,
  { id, reason, step }: { readonly id: string; readonly reason: string; readonly step?: string },
): Promise<Result<Rollout, RolloutError>> {
  return inTransaction<Result<Rollout, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.start");
    const inner = { ...ctx, db: tx };
    const rollout = await findRollout(tx, ctx.workspaceId, id);
    if (rollout === null) return err({ kind: "rollout-not-found" });
    const before = await control.find(inner, id);
    const retried: Result<Run, RetryRefusal> =
      step === undefined
        ? await control.retry(inner, id)
        : await control.retryEffect(inner, id, step);
    if (!retried.ok) return err({ kind: "wrong-state", detail: wordsOf(retried.error) });
    if (step === undefined && before?.status === "active") {
      return err({ kind: "wrong-state", detail: "It stands nowhere still: name a failed step." });
    }
    await appendAudit(tx, ctx, {
      action: "rollout.retry",
      subject: { kind: "rollout", id },
      detail: {
        name: rollout.name,
        flagKey: rollout.plan.flagKey,
        from: before?.status ?? null,
        step: step ?? null,
        reason,
      },
    });
    const after = await findRollout(tx, ctx.workspaceId, id);
    return ok(after ?? rollout);
  });
}
