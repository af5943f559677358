import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext, Permission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { refusalOfEvent } from "../../domain/index.ts";
import type { PlanEvent, RollbackPace } from "../../domain/index.ts";
import { actorId, roleOf } from "../plans/actor.ts";
import type { StagePort } from "../plans/dependencies.ts";
import type { RolloutError } from "../plans/errors.ts";
import { paceOf } from "../plans/pace.ts";
import { findRollout, lockRollout, updateRollout } from "../plans/repository.ts";
import type { Rollout } from "../plans/repository.ts";
import type { PlanRuns } from "../plans/running-plans.ts";

type Outcome = Promise<Result<Rollout, RolloutError>>;

/** What ends a rollout works for one that is quarantined, too. */
function endsIt({ kind }: PlanEvent): boolean {
  return kind === "roll-back" || kind === "abort";
}

/** Gives somebody's wish to the rules of a plan; what they refuse is said and changes nothing. */
async function tell(
  runs: PlanRuns,
  ctx: CommandContext,
  id: string,
  permission: Permission,
  event: PlanEvent,
): Outcome {
  return inTransaction<Result<Rollout, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, permission);
    const inner = { ...ctx, db: tx };
    const rollout = await findRollout(tx, ctx.workspaceId, id);
    if (rollout === null) return err({ kind: "rollout-not-found" });
    const run = await runs.lock(inner, id);
    if (run === null) {
      return err({ kind: "wrong-state", detail: `It is ${rollout.state}, and was not started.` });
    }
    const refusal = refusalOfEvent(run, event, ctx.now);
    if (refusal !== null) return err({ kind: "rollout-refuses", detail: `It cannot: ${refusal}.` });
    const told = await runs.deliver(inner, id, event, endsIt(event) ? "insist" : undefined);
    if (!told.ok) {
      const why = told.error.kind === "run-stopped" ? told.error.reason : told.error.kind;
      return err({ kind: "wrong-state", detail: `Its run does not move: ${why}.` });
    }
    const isHeldBack =
      told.value.state === "paused" && event.kind !== "pause" && run.state !== "paused";
    const isStillPaused = event.kind === "resume" && told.value.state === "paused";
    if (isHeldBack || isStillPaused) {
      return err({ kind: "rollout-refuses", detail: told.value.reason ?? "It was refused." });
    }
    const after = await findRollout(tx, ctx.workspaceId, id);
    if (after === null) throw new Error("a rollout is gone in its own transaction");
    return ok(after);
  });
}

/** One yes to going on from the stage that is published. */
export function approveStage(
  runs: PlanRuns,
  ctx: CommandContext,
  { id, stage }: { readonly id: string; readonly stage: string },
): Outcome {
  const event = { kind: "approve", stage, by: actorId(ctx), role: roleOf(ctx) } as const;
  return tell(runs, ctx, id, "rollout.approve", event);
}

/** Stops a plan where it is; what is served stays. Whoever may roll back may pause. */
export function pauseRollout(
  runs: PlanRuns,
  ctx: CommandContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Outcome {
  const event = { kind: "pause", by: actorId(ctx), reason } as const;
  return tell(runs, ctx, id, "rollback.execute", event);
}

/** Lets a paused plan go on; the time of its stage goes on where it stood. */
export function resumeRollout(runs: PlanRuns, ctx: CommandContext, id: string): Outcome {
  return tell(runs, ctx, id, "rollout.start", { kind: "resume", by: actorId(ctx) });
}

/** Lets the rest of the present stage's time off; nothing else can be let off. */
export function advanceRollout(
  runs: PlanRuns,
  ctx: CommandContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Outcome {
  const event = { kind: "advance-now", by: actorId(ctx), reason } as const;
  return tell(runs, ctx, id, "rollout.start", event);
}

/**
 * Takes the flag back and ends the plan; needs no approval. At the pace that is asked for, or else that
 * of the flag's way back.
 */
export async function rollBackRollout(
  { runs, stages }: { readonly runs: PlanRuns; readonly stages: StagePort },
  ctx: CommandContext,
  {
    id,
    reason,
    pace,
  }: { readonly id: string; readonly reason: string; readonly pace?: RollbackPace },
): Outcome {
  requirePermission(ctx, "rollback.execute");
  const rollout = await findRollout(ctx.db, ctx.workspaceId, id);
  if (rollout === null) return err({ kind: "rollout-not-found" });
  const steps = await paceOf(stages, ctx, rollout.plan, pace ?? null);
  const event = { kind: "roll-back", by: actorId(ctx), reason, ...steps } as const;
  return tell(runs, ctx, id, "rollback.execute", event);
}

/** Ends a plan where it is; what is served stays, and the flag is free again. */
export async function abortRollout(
  runs: PlanRuns,
  ctx: CommandContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Outcome {
  const dropped = await dropUnstarted(ctx, id, reason);
  if (dropped !== null) return ok(dropped);
  const event = { kind: "abort", by: actorId(ctx), reason } as const;
  return tell(runs, ctx, id, "rollout.start", event);
}

/** A plan that was never started has no run: it ends in its row. */
function dropUnstarted(ctx: CommandContext, id: string, reason: string): Promise<Rollout | null> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.start");
    const before = await lockRollout(tx, ctx.workspaceId, id);
    if (before === null || (before.state !== "draft" && before.state !== "armed")) return null;
    const rollout: Rollout = {
      ...before,
      state: "aborted",
      reason,
      endedAt: ctx.now,
      updatedAt: ctx.now,
      version: before.version + 1,
    };
    await updateRollout(tx, rollout);
    await appendAudit(tx, ctx, {
      action: "rollout.abort",
      subject: { kind: "rollout", id },
      detail: { name: rollout.name, flagKey: rollout.plan.flagKey, from: before.state, reason },
    });
    return rollout;
  });
}
