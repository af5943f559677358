import { appendAudit } from "@paceline/audit/server";
import type { JsonObject } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { listExperiments, stopExperiment } from "@paceline/experiments/server";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { RollbackTarget } from "../domain/index.ts";
import type { TakeBackDependencies } from "./dependencies.ts";
import type { RollbackError } from "./errors.ts";
import { findDefinition, insertExecution } from "./repository.ts";
import type { RollbackExecution } from "./repository.ts";

export interface TakeBack {
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
  /** Recorded also where the flag is back already and nothing runs: something else ends with it. */
  readonly isEnding?: boolean;
}

/** A flag that is back, once the transaction commits. */
export interface TakenBack {
  readonly execution: RollbackExecution;
  readonly flagId: string;
}

const OFF: RollbackTarget = { kind: "off" };

async function stopRunning(
  deps: TakeBackDependencies,
  ctx: CommandContext,
  input: TakeBack,
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
 * Takes a flag back in the transaction `ctx.db`, with the experiments that run on it, and writes down
 * that it was done. The caller has checked that the actor may.
 */
export async function takeBack(
  deps: TakeBackDependencies,
  ctx: CommandContext,
  input: TakeBack,
): Promise<Result<TakenBack, RollbackError>> {
  const definition = await findDefinition(
    ctx.db,
    ctx.workspaceId,
    input.environment,
    input.flagKey,
  );
  const target = definition?.target ?? OFF;
  const reverted = await deps.flags.revert(ctx, { ...input, target });
  if (!reverted.ok) return err(reverted.error);
  const stopped = await stopRunning(deps, ctx, input);
  const experimentId = stopped ?? input.experimentId;
  const { flagId, fromRevision, toRevision, failingTests } = reverted.value;
  const isWanted = input.trigger === "manual" || input.isEnding === true;
  if (!isWanted && fromRevision === toRevision && stopped === null) {
    return err({ kind: "already-back" });
  }
  const place = { environment: input.environment, trigger: input.trigger, reason: input.reason };
  const { id: auditEntry } = await appendAudit(ctx.db, ctx, {
    action: "rollback.execute",
    subject: { kind: "flag", id: flagId },
    detail: {
      key: input.flagKey,
      ...place,
      target: { ...target },
      fromRevision,
      toRevision,
      experimentId,
      numbers: input.numbers,
      ...(failingTests.length === 0 ? {} : { failingTests: [...failingTests] }),
    },
  });
  const execution: RollbackExecution = {
    id: ctx.newId(),
    workspaceId: ctx.workspaceId,
    experimentId,
    flagKey: input.flagKey,
    ...place,
    actor: ctx.actor.name,
    numbers: input.numbers,
    fromRevision,
    toRevision,
    failingTests,
    startedAt: ctx.now,
    effectMs: null,
    auditEntry,
  };
  await insertExecution(ctx.db, execution);
  return ok({ execution, flagId });
}
