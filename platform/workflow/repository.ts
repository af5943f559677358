import type { Db } from "@paceline/db";
import type { JsonObject } from "@paceline/transparency-log";
import { sql } from "kysely";

import { isJsonObject, textOf } from "./json.ts";
import { RUN_STATUSES } from "./process.ts";
import type { HistoryLine, Run, RunStatus, StoredEffect, Timer } from "./process.ts";

/** A run with what only the engine reads. */
export interface RunRow extends Run {
  readonly state: JsonObject;
  readonly timers: readonly Timer[];
  readonly begun: number;
}

export const RUN_COLUMNS = [
  "id",
  "workspace_id",
  "process",
  "version",
  "subject",
  "status",
  "reason",
  "state",
  "timers",
  "wake_at",
  "revision",
  "begun",
  "started_at",
  "updated_at",
] as const;

interface StoredRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly process: string;
  readonly version: number;
  readonly subject: string;
  readonly status: string;
  readonly reason: string | null;
  readonly state: unknown;
  readonly timers: unknown;
  readonly wake_at: Date | null;
  readonly revision: number;
  readonly begun: number;
  readonly started_at: Date;
  readonly updated_at: Date;
}

function objectOf(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new Error("a stored run holds something else than an object");
  return value;
}

function timersOf(value: unknown): readonly Timer[] {
  if (!Array.isArray(value)) throw new Error("a stored run has no list of timers");
  return value.map((timer: unknown) => {
    const { name, at } = objectOf(timer);
    return { name: textOf(name), at: new Date(textOf(at)) };
  });
}

function statusOf(value: string): RunStatus {
  const known = RUN_STATUSES.find((status) => status === value);
  if (known === undefined) throw new Error(`a stored run has the unknown status ${value}`);
  return known;
}

export function runOf(row: StoredRow): RunRow {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    process: row.process,
    version: row.version,
    subject: row.subject,
    status: statusOf(row.status),
    reason: row.reason,
    state: objectOf(row.state),
    timers: timersOf(row.timers),
    wakeAt: row.wake_at,
    revision: row.revision,
    begun: row.begun,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
  };
}

/** What others see of a run. */
export function shown(row: RunRow): Run {
  const { state: _state, timers: _timers, begun: _begun, ...run } = row;
  return run;
}

export async function readRun(db: Db, id: string): Promise<RunRow | null> {
  const row = await db
    .selectFrom("workflow_runs")
    .select(RUN_COLUMNS)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : runOf(row);
}

/** Reads a run and holds it: its advances happen one after the other. */
export async function lockRun(tx: Db, id: string): Promise<RunRow | null> {
  const row = await tx
    .selectFrom("workflow_runs")
    .select(RUN_COLUMNS)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : runOf(row);
}

function timersJson(timers: readonly Timer[]): string {
  return JSON.stringify(timers.map(({ name, at }) => ({ name, at: at.toISOString() })));
}

/** The first deadline of a list. */
export function wakeAtOf(timers: readonly Timer[]): Date | null {
  const times = timers.map(({ at }) => at.getTime());
  return times.length === 0 ? null : new Date(Math.min(...times));
}

export async function insertRun(tx: Db, run: RunRow): Promise<void> {
  await tx
    .insertInto("workflow_runs")
    .values({
      id: run.id,
      workspace_id: run.workspaceId,
      process: run.process,
      version: run.version,
      subject: run.subject,
      status: run.status,
      state: JSON.stringify(run.state),
      timers: timersJson(run.timers),
      wake_at: run.wakeAt,
      revision: run.revision,
      started_at: run.startedAt,
      updated_at: run.updatedAt,
    })
    .execute();
}

/** Writes what an advance has made of a run. */
export async function writeRun(tx: Db, run: RunRow): Promise<void> {
  await tx
    .updateTable("workflow_runs")
    .set({
      status: run.status,
      reason: run.reason,
      state: JSON.stringify(run.state),
      timers: timersJson(run.timers),
      wake_at: run.wakeAt,
      revision: run.revision,
      begun: 0,
      updated_at: run.updatedAt,
    })
    .where("id", "=", run.id)
    .execute();
}

export async function setStatus(
  tx: Db,
  id: string,
  status: RunStatus,
  reason: string | null,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("workflow_runs")
    .set({ status, reason, begun: 0, updated_at: now })
    .where("id", "=", id)
    .execute();
}

/** Adds a line to a run's history; the run must be locked. */
export async function addHistory(
  tx: Db,
  runId: string,
  at: Date,
  kind: string,
  detail: JsonObject,
): Promise<void> {
  await sql`
    insert into workflow_history (run_id, seq, at, kind, detail)
    select ${runId}, coalesce(max(h.seq), 0) + 1, ${at}, ${kind}, ${JSON.stringify(detail)}::jsonb
    from workflow_history as h where h.run_id = ${runId}`.execute(tx);
}

export async function readHistory(
  db: Db,
  runId: string,
  limit: number,
): Promise<readonly HistoryLine[]> {
  const rows = await db
    .selectFrom("workflow_history")
    .select(["seq", "at", "kind", "detail"])
    .where("run_id", "=", runId)
    .orderBy("seq", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, detail: objectOf(row.detail) })).toReversed();
}

export async function readEffects(db: Db, runId: string): Promise<readonly StoredEffect[]> {
  const rows = await db
    .selectFrom("workflow_effects")
    .select(["id", "name", "status", "input", "result", "attempts", "last_error"])
    .where("run_id", "=", runId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    status: row.status === "done" || row.status === "failed" ? row.status : "pending",
    input: objectOf(row.input),
    result: row.result === null ? null : objectOf(row.result),
    attempts: row.attempts,
    lastError: row.last_error,
  }));
}

/** Deletes runs with their history and effects; their jobs find nothing and end. */
export async function forgetRuns(tx: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom("workflow_runs").where("id", "in", ids).execute();
}

/** A run whose history is no longer kept. */
export interface ForgottenRun {
  readonly id: string;
  readonly workspaceId: string;
}

/**
 * Deletes the runs of a process that ended before an instant, oldest first, with their history and effects.
 * One that still waits for an effect stays until that is done.
 */
export async function forgetEndedRuns(
  tx: Db,
  process: string,
  endedBefore: Date,
  limit: number,
): Promise<readonly ForgottenRun[]> {
  const { rows } = await sql<{ id: string; workspace_id: string }>`
    with ended as (
      select r.id from workflow_runs as r
      where r.process = ${process} and r.status = 'finished' and r.updated_at < ${endedBefore}
        and not exists (
          select from workflow_effects as e where e.run_id = r.id and e.status = 'pending')
      order by r.updated_at limit ${limit} for update of r skip locked)
    delete from workflow_runs as r using ended where r.id = ended.id
    returning r.id, r.workspace_id`.execute(tx);
  return rows.map(({ id, workspace_id }) => ({ id, workspaceId: workspace_id }));
}
