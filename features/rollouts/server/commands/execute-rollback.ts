import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";

import type { DescentBegun } from "../../api.ts";
import { stepSecondsOf } from "../../domain/index.ts";
import type { RollbackPace } from "../../domain/index.ts";
import type { RolloutDependencies } from "../dependencies.ts";
import type { RollbackError } from "../errors.ts";
import { findDefinition, setEffect } from "../repository.ts";
import type { RollbackExecution } from "../repository.ts";
import { takeBack } from "../take-back.ts";
import type { TakeBack } from "../take-back.ts";

export type ExecuteRollback = TakeBack;

/**
 * Takes a flag back to its defined target, or to its off variant where none is defined: the way back
 * works always, first, and without anybody's approval. Running experiments on the flag end with it, and
 * so does a rollout that moves it.
 *
 * A look and the monitor may find the same harm: the second of them finds the flag back already and
 * no run going on, and records nothing. By hand it is always recorded.
 */
export async function executeRollback(
  deps: RolloutDependencies,
  ctx: CommandContext,
  input: ExecuteRollback,
): Promise<Result<RollbackExecution, RollbackError>> {
  const startedMs = deps.monotonicMs();
  const done = await inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "rollback.execute");
    const inner = { ...ctx, db: tx };
    // Before the flag: a rollout that publishes holds its run first, then the flag.
    const run = await deps.plans.hold(inner, input);
    const steps = (run?.steps ?? []).map((step) => ({ ...step }));
    const numbers = steps.length === 0 ? input.numbers : { ...input.numbers, steps };
    const taken = await takeBack(deps, inner, { ...input, numbers });
    if (taken.ok && run !== null) {
      await deps.plans.takenBack(inner, run.id, taken.value.execution);
    }
    return taken;
  });
  if (!done.ok) return done;
  deps.publish(ctx.workspaceId, "flags", { key: input.flagKey });
  deps.publish(ctx.workspaceId, "rollbacks", { key: input.flagKey });
  const { execution, flagId } = done.value;
  return { ok: true, value: await verifyEffect(deps, ctx, execution, flagId, startedMs) };
}

/**
 * A person's rollback, at the pace that they ask for or else the flag's way back says: at
 * once, or step by step through the stages of its rollout, or else the smaller shares that it had.
 */
export async function rollBack(
  deps: RolloutDependencies,
  ctx: CommandContext,
  { pace, ...input }: ExecuteRollback & { readonly pace?: RollbackPace },
): Promise<Result<RollbackExecution | DescentBegun, RollbackError>> {
  requirePermission(ctx, "rollback.execute");
  const { environment, flagKey, reason } = input;
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  const stepSeconds = stepSecondsOf(definition, pace ?? null);
  const begun =
    stepSeconds === null ? null : await deps.plans.descend(ctx, input, { reason, stepSeconds });
  if (begun === null) return executeRollback(deps, ctx, input);
  deps.publish(ctx.workspaceId, "flags", { key: flagKey });
  return { ok: true, value: begun };
}

/** Waits until this process serves the target, and records how long that took. */
async function verifyEffect(
  deps: RolloutDependencies,
  ctx: CommandContext,
  execution: RollbackExecution,
  flagId: string,
  startedMs: number,
): Promise<RollbackExecution> {
  const { workspaceId, environment, flagKey, toRevision, id } = execution;
  try {
    await deps.flags.effective(workspaceId, environment, flagKey, toRevision);
  } catch {
    // The target is published and will be served when this process catches up; only the measurement is missing.
    return execution;
  }
  const effectMs = Math.round(deps.monotonicMs() - startedMs);
  await inTransaction(ctx.db, async (tx) => {
    await setEffect(tx, id, effectMs);
    await appendAudit(tx, ctx, {
      action: "rollback.verify",
      subject: { kind: "flag", id: flagId },
      detail: { key: flagKey, environment, toRevision, effectMs, executionId: id },
    });
  });
  return { ...execution, effectMs };
}
