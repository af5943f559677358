import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { advanceRun } from "./advance.ts";
import {
  failPending,
  listPending,
  listUntold,
  lockEffect,
  reopenEffect,
  reviveEffects,
} from "./effects.ts";
import type { DeliverRefusal, RetryRefusal, RunControl, RunFilter } from "./engine.ts";
import { refusalOf } from "./handle.ts";
import { tellResult } from "./jobs.ts";
import type { EngineParts } from "./parts.ts";
import type { Run, RunStatus } from "./process.ts";
import { ringEffect, ringRun, silenceRun } from "./queue.ts";
import {
  addHistory,
  lockRun,
  readEffects,
  readHistory,
  readRun,
  RUN_COLUMNS,
  runOf,
  setStatus,
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

/** Rings again for everything that a run waits for. */
async function ringAll(ctx: CommandContext, run: RunRow): Promise<void> {
  if (run.wakeAt !== null) await ringRun(ctx.db, run.id, run.wakeAt);
  for (const effectId of await listPending(ctx.db, run.id)) {
    await ringEffect(ctx.db, effectId, ctx.now);
  }
}

/** Lets a run move, and tells it what has come in while it stood still. */
async function goOn(
  parts: EngineParts,
  ctx: CommandContext,
  runId: string,
  from: RunStatus,
  line: string,
): Promise<Outcome> {
  return inTransaction<Outcome>(ctx.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    const locked = await lockRun(tx, runId);
    if (locked === null) return err({ kind: "run-not-found" });
    if (locked.status === "active") return ok(shown(locked));
    if (locked.status !== from) {
      return err(
        refusalOf(locked, () => true) ?? { kind: "run-stopped", reason: locked.reason ?? "" },
      );
    }
    await setStatus(tx, runId, "active", null, ctx.now);
    await addHistory(tx, runId, ctx.now, line, {});
    if (from === "quarantined") await reviveEffects(tx, runId, ctx.now);
    let run: RunRow = { ...locked, status: "active", reason: null, begun: 0, updatedAt: ctx.now };
    for (const event of await listUntold(tx, runId)) {
      run = await tellResult(parts, inner, run, event);
    }
    await ringAll(inner, run);
    return ok(shown(run));
  });
}

async function hold(ctx: CommandContext, runId: string, reason: string): Promise<Outcome> {
  return inTransaction<Outcome>(ctx.db, async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === null) return err({ kind: "run-not-found" });
    const refusal = refusalOf(run, () => true);
    if (refusal !== null) return err(refusal);
    await setStatus(tx, runId, "held", reason, ctx.now);
    await addHistory(tx, runId, ctx.now, "held", { reason });
    await silenceRun(tx, runId);
    return ok(shown({ ...run, status: "held", reason, updatedAt: ctx.now }));
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
      return goOn(parts, inner, runId, "quarantined", "retried");
    }
    await ringEffect(tx, effectId, ctx.now);
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
    hold,
    release: (ctx, runId) => goOn(parts, ctx, runId, "held", "released"),
    retry: (ctx, runId) => goOn(parts, ctx, runId, "quarantined", "retried"),
    retryEffect: (ctx, runId, effectId) => retryEffect(parts, ctx, runId, effectId),
    cancel: (ctx, runId, reason) => cancel(parts, ctx, runId, reason),
  };
}
