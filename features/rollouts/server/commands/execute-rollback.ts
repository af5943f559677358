import { appendAudit } from "@paceline/audit/server";
import type { JsonObject } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { listExperiments, stopExperiment } from "@paceline/experiments/server";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { RollbackTarget } from "../../domain/index.ts";
import type { RolloutDependencies } from "../dependencies.ts";
import type { RollbackError } from "../errors.ts";
import { findDefinition, insertExecution, setEffect } from "../repository.ts";
import type { RollbackExecution } from "../repository.ts";

export interface ExecuteRollback {
  readonly flagKey: string;
  readonly environment: string;
  /** A trigger's name, or `manual`. */
  readonly trigger: string;
  readonly reason: string;
  /** The experiment that it is for; by hand, the one that runs on the flag is found. */
  readonly experimentId: string | null;
  /** The numbers behind an automatic decision; kept in the audit log. */
  readonly numbers: JsonObject;
  /** The verdict that the running experiments of the flag end with. */
  readonly verdict: "rollback" | "invalid";
}

const OFF: RollbackTarget = { kind: "off" };

async function stopRunning(
  deps: RolloutDependencies,
  ctx: CommandContext,
  input: ExecuteRollback,
): Promise<string | null> {
  const { flagKey, environment, reason, verdict } = input;
  const running = await listExperiments(
    ctx.db,
    ctx.workspaceId,
    { state: "running", flagKey, environment },
    null,
    100,
  );
  for (const { id } of running) {
    await stopExperiment(deps.experiments, ctx, { id, reason, verdict });
  }
  return running[0]?.id ?? null;
}

/**
 * Takes a flag back to its defined target, or to its off variant where none is defined: the way back
 * works always, first, and without anybody's approval. Running experiments on the flag end with it.
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
    const definition = await findDefinition(tx, ctx.workspaceId, input.environment, input.flagKey);
    const target = definition?.target ?? OFF;
    const reverted = await deps.flags.revert(inner, { ...input, target });
    if (!reverted.ok) return err(reverted.error);
    const stopped = await stopRunning(deps, inner, input);
    const experimentId = stopped ?? input.experimentId;
    const { fromRevision, toRevision } = reverted.value;
    if (input.trigger !== "manual" && fromRevision === toRevision && stopped === null) {
      return err({ kind: "already-back" });
    }
    const { id: auditEntry } = await appendAudit(tx, ctx, {
      action: "rollback.execute",
      subject: { kind: "flag", id: reverted.value.flagId },
      detail: {
        key: input.flagKey,
        environment: input.environment,
        trigger: input.trigger,
        reason: input.reason,
        target: { ...target },
        fromRevision: reverted.value.fromRevision,
        toRevision: reverted.value.toRevision,
        experimentId,
        numbers: input.numbers,
      },
    });
    const execution: RollbackExecution = {
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      experimentId,
      flagKey: input.flagKey,
      environment: input.environment,
      trigger: input.trigger,
      reason: input.reason,
      actor: ctx.actor.name,
      numbers: input.numbers,
      fromRevision: reverted.value.fromRevision,
      toRevision: reverted.value.toRevision,
      startedAt: ctx.now,
      effectMs: null,
      auditEntry,
    };
    await insertExecution(tx, execution);
    return ok({ execution, flagId: reverted.value.flagId });
  });
  if (!done.ok) return done;
  deps.publish(ctx.workspaceId, "flags", { key: input.flagKey });
  deps.publish(ctx.workspaceId, "rollbacks", { key: input.flagKey });
  const { execution, flagId } = done.value;
  return ok(await verifyEffect(deps, ctx, execution, flagId, startedMs));
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
