import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { Type } from "typebox";
import { Value } from "typebox/value";

import { BadGroupKey, EventEdits } from "../../bad-event-api.ts";
import type { EventEdit } from "../../domain/index.ts";

/** Where a run is in its group: the last bad event that it has seen. */
const Place = Type.Object({
  receivedAt: Type.Number(),
  source: Type.String(),
  messageId: Type.String(),
});
export type RunPlace = { receivedAt: number; source: string; messageId: string };

/** A replay or dismissal of a group under way, or what became of it. */
export interface StoredRun {
  readonly id: string;
  readonly workspaceId: string;
  readonly environment: string;
  readonly action: "replay" | "dismiss";
  readonly group: BadGroupKey;
  readonly edits: readonly EventEdit[];
  readonly reason: string | null;
  readonly state: "running" | "done" | "failed";
  readonly total: number;
  readonly seen: number;
  readonly resolved: number;
  readonly stillBad: number;
  readonly place: RunPlace | null;
  readonly failure: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly finishedAt: Date | null;
}

const COLUMNS = [
  "id",
  "workspace_id",
  "environment",
  "action",
  "selection",
  "edits",
  "reason",
  "state",
  "total",
  "seen",
  "resolved",
  "still_bad",
  "place",
  "failure",
  "created_at",
  "created_by",
  "finished_at",
] as const;

interface Row {
  readonly id: string;
  readonly workspace_id: string;
  readonly environment: string;
  readonly action: string;
  readonly selection: unknown;
  readonly edits: unknown;
  readonly reason: string | null;
  readonly state: string;
  readonly total: number;
  readonly seen: number;
  readonly resolved: number;
  readonly still_bad: number;
  readonly place: unknown;
  readonly failure: string | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly finished_at: Date | null;
}

function runOf(row: Row): StoredRun {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    environment: row.environment,
    action: row.action === "dismiss" ? "dismiss" : "replay",
    group: Value.Parse(BadGroupKey, row.selection),
    edits: Value.Parse(EventEdits, row.edits),
    reason: row.reason,
    state: row.state === "running" ? "running" : row.state === "done" ? "done" : "failed",
    total: row.total,
    seen: row.seen,
    resolved: row.resolved,
    stillBad: row.still_bad,
    place: row.place === null ? null : Value.Parse(Place, row.place),
    failure: row.failure,
    createdAt: row.created_at,
    createdBy: row.created_by,
    finishedAt: row.finished_at,
  };
}

export async function insertRun(tx: Db, run: StoredRun): Promise<void> {
  await tx
    .insertInto("bad_event_runs")
    .values({
      id: run.id,
      workspace_id: run.workspaceId,
      environment: run.environment,
      action: run.action,
      selection: JSON.stringify(run.group),
      edits: JSON.stringify(run.edits),
      reason: run.reason,
      state: run.state,
      total: run.total,
      created_at: run.createdAt,
      created_by: run.createdBy,
    })
    .execute();
}

/** Keeps how far a run has come. */
export async function writeProgress(
  db: Db,
  run: Pick<StoredRun, "id" | "seen" | "resolved" | "stillBad" | "place">,
): Promise<void> {
  await db
    .updateTable("bad_event_runs")
    .set({
      seen: run.seen,
      resolved: run.resolved,
      still_bad: run.stillBad,
      place: run.place === null ? null : JSON.stringify(run.place),
    })
    .where("id", "=", run.id)
    .execute();
}

/** Ends a run. @returns false if it had ended before */
export async function endRun(
  tx: Db,
  id: string,
  end: { readonly state: "done" | "failed"; readonly failure: string | null; readonly at: Date },
): Promise<boolean> {
  const ended = await tx
    .updateTable("bad_event_runs")
    .set({ state: end.state, failure: end.failure, finished_at: end.at })
    .where("id", "=", id)
    .where("state", "=", "running")
    .returning("id")
    .executeTakeFirst();
  return ended !== undefined;
}

/** Runs that a process has not finished, of every workspace. */
export async function readUnfinishedRuns(db: Db): Promise<readonly StoredRun[]> {
  const rows = await db
    .selectFrom("bad_event_runs")
    .select(COLUMNS)
    .where("state", "=", "running")
    .orderBy("created_at")
    .execute();
  return rows.map(runOf);
}

const SHOWN_RUNS = 50;

export async function listRuns(
  db: Db,
  workspaceId: string,
  environment: string,
): Promise<readonly StoredRun[]> {
  const rows = await db
    .selectFrom("bad_event_runs")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .orderBy("created_at", "desc")
    .limit(SHOWN_RUNS)
    .execute();
  return rows.map(runOf);
}

export async function findRun(db: Db, workspaceId: string, id: string): Promise<StoredRun | null> {
  const row = await db
    .selectFrom("bad_event_runs")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : runOf(row);
}

/** Whether the group of a run is being worked on. */
export async function hasRunning(
  tx: Db,
  ctx: Pick<CommandContext, "workspaceId">,
  environment: string,
  group: BadGroupKey,
): Promise<boolean> {
  const rows = await tx
    .selectFrom("bad_event_runs")
    .select("selection")
    .where("workspace_id", "=", ctx.workspaceId)
    .where("environment", "=", environment)
    .where("state", "=", "running")
    .execute();
  const key = groupText(group);
  return rows.some(({ selection }) => groupText(Value.Parse(BadGroupKey, selection)) === key);
}

function groupText({ event, kind, plan, path, reason }: BadGroupKey): string {
  return JSON.stringify([event, kind, plan, path, reason]);
}
