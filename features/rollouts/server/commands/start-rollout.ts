import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { armedRun } from "../../domain/index.ts";
import { actorId } from "../plans/actor.ts";
import { checkPlan } from "../plans/check.ts";
import type { PlanDependencies } from "../plans/dependencies.ts";
import type { RolloutError } from "../plans/errors.ts";
import { findRollout, lockRollout, updateRollout } from "../plans/repository.ts";
import type { Rollout } from "../plans/repository.ts";
import type { PlanRuns } from "../plans/running-plans.ts";
import { checkStart } from "../plans/start-check.ts";

/** Says that a plan is complete. Needs its way back: nothing can be started that cannot be undone. */
export function armRollout(
  deps: PlanDependencies,
  ctx: CommandContext,
  id: string,
): Promise<Result<Rollout, RolloutError>> {
  return inTransaction<Result<Rollout, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.edit");
    const inner = { ...ctx, db: tx };
    const before = await lockRollout(tx, ctx.workspaceId, id);
    if (before === null) return err({ kind: "rollout-not-found" });
    if (before.state !== "draft") {
      return err({ kind: "wrong-state", detail: `It is ${before.state}; only drafts are armed.` });
    }
    const faults = await checkPlan(deps, inner, before.plan);
    if (faults.length > 0) return err({ kind: "invalid-plan", faults });
    const ready = await checkStart(deps, inner, before.plan);
    if (!ready.ok) return ready;
    const rollout: Rollout = {
      ...before,
      state: "armed",
      authors: [...new Set([...before.authors, actorId(ctx)])],
      updatedAt: ctx.now,
      version: before.version + 1,
    };
    await updateRollout(tx, rollout);
    await appendAudit(tx, ctx, {
      action: "rollout.arm",
      subject: { kind: "rollout", id },
      detail: { name: rollout.name, flagKey: rollout.plan.flagKey, version: rollout.version },
    });
    return ok(rollout);
  });
}

/** Starts an armed plan: locks the flag and publishes the first stage, or waits for its window. */
export function startRollout(
  runs: PlanRuns,
  ctx: CommandContext,
  id: string,
): Promise<Result<Rollout, RolloutError>> {
  return inTransaction<Result<Rollout, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.start");
    const inner = { ...ctx, db: tx };
    const armed = await lockRollout(tx, ctx.workspaceId, id);
    if (armed === null) return err({ kind: "rollout-not-found" });
    if (armed.state !== "armed") {
      const detail = `It is ${armed.state}; only an armed plan is started. ${armed.state === "draft" ? "Arm it first." : ""}`;
      return err({ kind: "wrong-state", detail: detail.trim() });
    }
    const state = armedRun(armed.plan, armed.authors);
    const start = { id, subject: `rollout/${id}`, state };
    const run = await runs.startRun(inner, start, { kind: "start", by: actorId(ctx) });
    // A refused beginning leaves a paused run; none is to be left here.
    if (run.stage === null && run.state === "paused") {
      return err({ kind: "not-ready", rule: "start", detail: run.reason ?? "It was refused." });
    }
    const started = await findRollout(tx, ctx.workspaceId, id);
    if (started === null) throw new Error("a rollout is gone in its own transaction");
    return ok(started);
  });
}
