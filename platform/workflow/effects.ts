import type { Db } from "@paceline/db";
import type { JsonObject } from "@paceline/transparency-log";
import { sql } from "kysely";

import { isJsonObject } from "./json.ts";
import type { EngineEvent } from "./process.ts";

/** An effect that one attempt may finish. */
export interface ClaimedEffect {
  readonly id: string;
  readonly runId: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly attempts: number;
  readonly begun: number;
  readonly failures: number;
  readonly claim: string;
}

/**
 * Takes a pending effect of a run that may move. The latest claim is the one that counts, so that an
 * attempt that was given up for dead changes nothing when it comes back.
 */
export async function claimEffect(
  db: Db,
  id: string,
  claim: string,
): Promise<ClaimedEffect | null> {
  const { rows } = await sql<{
    run_id: string;
    name: string;
    input: unknown;
    attempts: number;
    begun: number;
    failures: number;
  }>`
    update workflow_effects as e
    set claim = ${claim}, begun = e.begun + 1, attempts = e.attempts + 1
    from workflow_runs as r
    where e.id = ${id} and e.status = 'pending' and r.id = e.run_id
      and r.status in ('active', 'finished')
    returning e.run_id, e.name, e.input, e.attempts, e.begun, e.failures`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  if (!isJsonObject(row.input)) throw new Error("a stored effect has no input");
  return {
    id,
    runId: row.run_id,
    name: row.name,
    input: row.input,
    attempts: row.attempts,
    begun: row.begun,
    failures: row.failures,
    claim,
  };
}

/** Whether the effect is still this attempt's; then it is held until the transaction ends. */
export async function lockClaim(tx: Db, { id, claim }: ClaimedEffect): Promise<boolean> {
  const row = await tx
    .selectFrom("workflow_effects")
    .select("id")
    .where("id", "=", id)
    .where("status", "=", "pending")
    .where("claim", "=", claim)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** Keeps the result of an effect: it is never done again. */
export async function finishEffect(
  tx: Db,
  id: string,
  event: EngineEvent,
  now: Date,
): Promise<void> {
  const done = event.kind === "effect-done";
  await tx
    .updateTable("workflow_effects")
    .set({
      status: done ? "done" : "failed",
      result: done ? JSON.stringify(event.result) : null,
      last_error: event.kind === "effect-failed" ? event.reason : null,
      begun: 0,
      finished_at: now,
    })
    .where("id", "=", id)
    .execute();
}

/**
 * An attempt was interrupted and ended in an orderly way.
 *
 * @param reason null when it was not even tried
 * @returns whether the effect was still this attempt's
 */
export async function effectFailedAttempt(
  db: Db,
  { id, claim }: ClaimedEffect,
  reason: string | null,
  nextAt: Date,
): Promise<boolean> {
  const row = await db
    .updateTable("workflow_effects")
    .set((eb) => ({
      begun: 0,
      next_at: nextAt,
      ...(reason === null ? {} : { last_error: reason, failures: eb("failures", "+", 1) }),
    }))
    .where("id", "=", id)
    .where("status", "=", "pending")
    .where("claim", "=", claim)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Results that a run has not been told of because it stood still, oldest first. */
export async function listUntold(
  tx: Db,
  runId: string,
): Promise<readonly (EngineEvent & { readonly effectId: string })[]> {
  const rows = await tx
    .selectFrom("workflow_effects")
    .select(["id", "name", "status", "input", "result", "last_error"])
    .where("run_id", "=", runId)
    .where("told", "=", false)
    .where("status", "!=", "pending")
    .orderBy("finished_at")
    .execute();
  return rows.map(({ id, name, status, input, result, last_error }) => {
    const about = { effect: name, effectId: id, input: isJsonObject(input) ? input : {} } as const;
    return status === "done"
      ? { kind: "effect-done", ...about, result: isJsonObject(result) ? result : {} }
      : { kind: "effect-failed", ...about, reason: last_error ?? "" };
  });
}

/** Effects of a run that wait to be done. */
export async function listPending(tx: Db, runId: string): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom("workflow_effects")
    .select("id")
    .where("run_id", "=", runId)
    .where("status", "=", "pending")
    .execute();
  return rows.map(({ id }) => id);
}

/** Nothing of what a run still wanted is done; an attempt under way changes nothing any more. */
export async function failPending(tx: Db, runId: string, reason: string, now: Date): Promise<void> {
  await tx
    .updateTable("workflow_effects")
    .set({ status: "failed", last_error: reason, told: true, claim: null, finished_at: now })
    .where("run_id", "=", runId)
    .where("status", "=", "pending")
    .execute();
}

/** Gives the stuck effects of a run a new life. */
export async function reviveEffects(tx: Db, runId: string, now: Date): Promise<void> {
  await tx
    .updateTable("workflow_effects")
    .set({ begun: 0, failures: 0, next_at: now })
    .where("run_id", "=", runId)
    .where("status", "=", "pending")
    .execute();
}

/** What an effect of a run came to, held until the transaction ends; null if the run has no such effect. */
export async function lockEffect(
  tx: Db,
  runId: string,
  id: string,
): Promise<{ readonly name: string; readonly status: string } | null> {
  const row = await tx
    .selectFrom("workflow_effects")
    .select(["name", "status"])
    .where("run_id", "=", runId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Lets a failed effect be done again: as if it had never been tried, but for its key and its attempts. */
export async function reopenEffect(tx: Db, id: string, now: Date): Promise<void> {
  await tx
    .updateTable("workflow_effects")
    .set({
      status: "pending",
      told: false,
      claim: null,
      begun: 0,
      failures: 0,
      next_at: now,
      finished_at: null,
    })
    .where("id", "=", id)
    .execute();
}
