import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { advanceRun } from "./advance.ts";
import { failPending, lockEffect, reopenEffect } from "./effects.ts";
import type { DeliverRefusal, RetryRefusal, RunControl, RunFilter } from "./engine.ts";
import { refusalOf } from "./handle.ts";
import type { EngineParts } from "./parts.ts";
import type { Run } from "./process.ts";
import { ringEffect } from "./queue.ts";
import { releaseRun } from "./release.ts";
import {
  addHistory,
  lockRun,
  readEffects,
  readHistory,
  readRun,
  RUN_COLUMNS,
  runOf,
  shown,
} from "./repository.ts";
import type { RunRow } from "./repository.ts";

type Outcome = Result<Run, DeliverRefusal>;

async function listRuns(
  ctx: CommandContext,
  filter: RunFilter,
  limit: number,
): Promise<readonly Run[]> {
  let query = ctx.db
    .selectFrom("workflow_runs")
    .select(RUN_COLUMNS)
    .where("workspace_id", "=", ctx.workspaceId)
    .orderBy("started_at", "desc")
    .orderBy("id", "desc")
    .limit(limit);
  const { process, status, subject, before } = filter;
  if (process !== undefined) query = query.where("process", "=", process);
  if (status !== undefined) query = query.where("status", "=", status);
  if (subject !== undefined) query = query.where("subject", "=", subject);
  if (before !== undefined) {
    query = query.where((eb) =>
      eb(
        eb.refTuple("started_at", "id"),
        "<",
        eb
          .selectFrom("workflow_runs as b")
          .select(["b.started_at", "b.id"])
          .where("b.id", "=", before)
          .$asTuple("started_at", "id"),
      ),
    );
  }
  return (await query.execute()).map((row) => shown(runOf(row)));
}

/** Lets a quarantined run go on. */
async function retry(parts: EngineParts, ctx: CommandContext, runId: string): Promise<Outcome> {
  return inTransaction<Outcome>(ctx.db, async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === null) return err({ kind: "run-not-found" });
    if (run.status === "finished") return err({ kind: "run-finished" });
    if (run.status === "active") return ok(shown(run));
    return ok(shown(await releaseRun(parts, { ...ctx, db: tx }, run)));
  });
}

async function cancel(
  parts: EngineParts,
  ctx: CommandContext,
  runId: string,
  reason: string,
): Promise<Outcome> {
  return inTransaction<Outcome>(ctx.db, async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === null) return err({ kind: "run-not-found" });
    if (run.status === "finished") return err({ kind: "run-finished" });
    const bound = parts.find(run.process, run.version);
    if (bound === null) {
      return err({ kind: "unknown-version", process: run.process, version: run.version });
    }
    await failPending(tx, runId, "cancelled", ctx.now);
    const event = { kind: "cancel", reason } as const;
    const inner = { ...ctx, db: tx };
    const active: RunRow = { ...run, status: "active", reason: null };
    const next = await advanceRun(bound, inner, active, bound.told(event), event);
    if (next.status !== "finished") {
      throw new Error(`${run.process} does not end when it is cancelled`);
    }
    return ok(shown(next));
  });
}

async function retryEffect(
  parts: EngineParts,
  ctx: CommandContext,
  runId: string,
  effectId: string,
): Promise<Result<Run, RetryRefusal>> {
  return inTransaction<Result<Run, RetryRefusal>>(ctx.db, async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === null) return err({ kind: "run-not-found" });
    const isKnown = (process: string, version: number): boolean =>
      parts.find(process, version) !== null;
    const refusal = run.status === "quarantined" ? null : refusalOf(run, isKnown);
    if (refusal !== null) return err(refusal);
    const effect = await lockEffect(tx, runId, effectId);
    if (effect === null) return err({ kind: "effect-not-found" });
    if (effect.status !== "failed") {
      const status = effect.status === "done" ? "done" : "pending";
      return err({ kind: "effect-not-failed", status });
    }
    await reopenEffect(tx, effectId, ctx.now);
    await addHistory(tx, runId, ctx.now, "effect-retried", { effect: effect.name, effectId });
    const inner = { ...ctx, db: tx };
    if (run.status === "quarantined") {
      return ok(shown(await releaseRun(parts, inner, run)));
    }
    await ringEffect(tx, effectId, { at: ctx.now, now: ctx.now });
    return ok(shown(run));
  });
}

/** What operators may do with any run. */
export function createControl(parts: EngineParts): RunControl {
  return {
    list: listRuns,
    async find(ctx, runId) {
      const run = await readRun(ctx.db, runId);
      return run === null || run.workspaceId !== ctx.workspaceId ? null : shown(run);
    },
    history: (ctx, runId, limit) => readHistory(ctx.db, runId, limit),
    effects: (ctx, runId) => readEffects(ctx.db, runId),
    retry: (ctx, runId) => retry(parts, ctx, runId),
    retryEffect: (ctx, runId, effectId) => retryEffect(parts, ctx, runId, effectId),
    cancel: (ctx, runId, reason) => cancel(parts, ctx, runId, reason),
  };
}
