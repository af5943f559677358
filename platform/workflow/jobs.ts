import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";

import { advanceRun } from "./advance.ts";
import type { BoundProcess } from "./advance.ts";
import {
  claimEffect,
  effectFailedAttempt,
  failPending,
  finishEffect,
  lockClaim,
} from "./effects.ts";
import type { ClaimedEffect } from "./effects.ts";
import type { Alarm, EngineParts } from "./parts.ts";
import type { EngineEvent, Timer } from "./process.ts";
import { ringEffect, ringRun } from "./queue.ts";
import type { Ring } from "./queue.ts";
import { addHistory, lockRun, readRun, setStatus, shown } from "./repository.ts";
import type { RunRow } from "./repository.ts";

/** A wake-up or an effect that was begun so often without ever ending takes the processes down. */
const POISON_LIMIT = 5;
/** Timers that one wake-up may set off one after the other before that counts as a bug. */
const MAX_TIMERS = 100;
const UNKNOWN_VERSION_PAUSE_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
/** An interruption must not put a run off for long: infrastructure comes back when it wants. */
const LONGEST_RETRY_MS = 30_000;

/** How long after the n-th failure an effect is tried again. */
export function retryDelayMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
}

function later(now: Date, byMs: number): Date {
  return new Date(now.getTime() + byMs);
}

async function quarantine(
  parts: EngineParts,
  ctx: CommandContext,
  runId: string,
  what: string,
): Promise<void> {
  const reason = `${what} was begun ${POISON_LIMIT} times and never ended: each time the process that ran it died`;
  const run = await inTransaction(ctx.db, async (tx) => {
    const locked = await lockRun(tx, runId);
    if (locked?.status === "finished") await failPending(tx, runId, reason, ctx.now);
    else if (locked?.status === "active")
      await setStatus(tx, runId, "quarantined", reason, ctx.now);
    else return null;
    await addHistory(tx, runId, ctx.now, "quarantined", { reason });
    return locked;
  });
  if (run !== null) parts.alarm({ kind: "quarantined", runId, detail: reason });
}

/** A node that lacks the rules leaves the run to another one, and says so. */
async function postpone(
  parts: EngineParts,
  db: Db,
  run: RunRow,
  toRing: (ring: Ring) => Promise<void>,
): Promise<void> {
  const now = parts.clock.now();
  await toRing({ at: later(now, UNKNOWN_VERSION_PAUSE_MS), now });
  const detail = `this node has no version ${run.version} of ${run.process}`;
  parts.alarm({ kind: "unknown-version", runId: run.id, detail });
}

function dueTimer(timers: readonly Timer[], now: Date): Timer | null {
  const due = timers.filter(({ at }) => at <= now);
  return due.toSorted((a, b) => a.at.getTime() - b.at.getTime())[0] ?? null;
}

async function fireTimers(bound: BoundProcess, ctx: CommandContext, first: RunRow): Promise<void> {
  let run = first;
  for (let fired = 0; run.status === "active"; fired += 1) {
    const due = dueTimer(run.timers, ctx.now);
    if (due === null) break;
    if (fired === MAX_TIMERS) throw new Error(`${bound.name} sets timers that are due at once`);
    const event: EngineEvent = { kind: "timer", name: due.name };
    const told = { ...run, timers: run.timers.filter((timer) => timer !== due) };
    run = await advanceRun(bound, ctx, told, bound.told(event), { ...event });
  }
  // A doorbell before its time, or one that somebody else has answered.
  if (run === first && run.status === "active" && run.wakeAt !== null) {
    await ringRun(ctx.db, run.id, { at: run.wakeAt, now: ctx.now });
  }
}

/** Wakes a run: every deadline that has passed is told to it. */
export async function wake(parts: EngineParts, runId: string): Promise<void> {
  const begun = await parts.db
    .updateTable("workflow_runs")
    .set((eb) => ({ begun: eb("begun", "+", 1) }))
    .where("id", "=", runId)
    .where("status", "=", "active")
    .returning(["begun", "workspace_id"])
    .executeTakeFirst();
  if (begun === undefined) return;
  const ctx = parts.serviceContext(begun.workspace_id);
  if (begun.begun > POISON_LIMIT) return quarantine(parts, ctx, runId, "Its wake-up");
  await parts.at("wake:before", runId);
  try {
    await inTransaction(parts.db, async (tx) => {
      const run = await lockRun(tx, runId);
      if (run?.status !== "active") return;
      const bound = parts.find(run.process, run.version);
      if (bound === null) {
        await postpone(parts, tx, run, (ring) => ringRun(tx, runId, ring));
      } else {
        await fireTimers(bound, { ...ctx, db: tx }, run);
      }
      await tx.updateTable("workflow_runs").set({ begun: 0 }).where("id", "=", runId).execute();
      await parts.at("wake:inside", runId);
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    parts.alarm({ kind: "wake-interrupted", runId, detail });
    await parts.db.updateTable("workflow_runs").set({ begun: 0 }).where("id", "=", runId).execute();
    throw error;
  }
  await parts.at("wake:committed", runId);
}

/** Tells a run the result of an effect; a run that stands still is told when it goes on. */
export async function tellResult(
  parts: EngineParts,
  ctx: CommandContext,
  run: RunRow,
  event: EngineEvent & { readonly effectId: string },
): Promise<RunRow> {
  const bound = parts.find(run.process, run.version);
  if (run.status !== "active" || bound === null) return run;
  await ctx.db
    .updateTable("workflow_effects")
    .set({ told: true })
    .where("id", "=", event.effectId)
    .execute();
  return advanceRun(bound, ctx, run, bound.told(event), { ...event });
}

async function callEffect(
  parts: EngineParts,
  bound: BoundProcess,
  ctx: CommandContext,
  run: RunRow,
  effect: ClaimedEffect,
): Promise<EngineEvent & { readonly effectId: string }> {
  const handler = bound.after[effect.name];
  if (handler === undefined) throw new Error(`${bound.name} has no effect ${effect.name}`);
  const { id, input, attempts, name } = effect;
  const done = await handler(ctx, {
    run: shown(run),
    input,
    idempotencyKey: id,
    attempt: attempts,
    signal: parts.signal(),
  });
  const about = { effect: name, effectId: id, input } as const;
  return done.ok
    ? { kind: "effect-done", ...about, result: done.value }
    : { kind: "effect-failed", ...about, reason: done.error.reason };
}

async function settle(
  parts: EngineParts,
  ctx: CommandContext,
  effect: ClaimedEffect,
  event: EngineEvent & { readonly effectId: string },
): Promise<void> {
  await inTransaction(parts.db, async (tx) => {
    const run = await lockRun(tx, effect.runId);
    // Somebody else has the effect now, or has finished it: this attempt came back from a long pause.
    if (run === null || !(await lockClaim(tx, effect))) return;
    await finishEffect(tx, effect.id, event, ctx.now);
    await tellResult(parts, { ...ctx, db: tx }, run, event);
    await parts.at("effect:inside", effect.runId);
  });
  await parts.at("effect:committed", effect.runId);
}

/** Does one effect, unless it is done already. */
export async function doEffect(parts: EngineParts, effectId: string): Promise<void> {
  const effect = await claimEffect(parts.db, effectId, parts.newId());
  if (effect === null) return;
  const run = await readRun(parts.db, effect.runId);
  if (run === null) return;
  const ctx = parts.serviceContext(run.workspaceId);
  if (effect.begun > POISON_LIMIT)
    return quarantine(parts, ctx, run.id, `Its effect ${effect.name}`);
  const bound = parts.find(run.process, run.version);
  if (bound === null) {
    await effectFailedAttempt(parts.db, effect, null, ctx.now);
    return postpone(parts, parts.db, run, (ring) => ringEffect(parts.db, effectId, ring));
  }
  await parts.at("effect:before", run.id);
  let event: EngineEvent & { readonly effectId: string };
  try {
    event = await callEffect(parts, bound, ctx, run, effect);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const now = parts.clock.now();
    const retryAt = later(now, retryDelayMs(effect.failures + 1));
    await inTransaction(parts.db, async (tx) => {
      if (await effectFailedAttempt(tx, effect, reason, retryAt)) {
        await ringEffect(tx, effectId, { at: retryAt, now });
      }
    });
    const alarm: Alarm = { kind: "effect-interrupted", runId: run.id, detail: reason };
    parts.alarm({ ...alarm, detail: `${effect.name}: ${reason}` });
    return;
  }
  // The moment of the result, not of the beginning: deadlines are compared with it.
  await settle(parts, parts.serviceContext(run.workspaceId), effect, event);
}
