import type { Db } from "@paceline/db";
import { Type } from "typebox";
import { Value } from "typebox/value";

import { GuardReadingSchema } from "../../api.ts";
import type { GuardReading } from "../../domain/index.ts";

/** A reading as it is kept; passing ones are thinned. */
export interface KeptReading extends GuardReading {
  readonly id: string;
  readonly runId: string;
  readonly stageId: string;
  /** The audit entry of a reading that decided something, or null. */
  readonly auditEntry: string | null;
}

const Verdict = GuardReadingSchema.properties.verdict;
const Numbers = Type.Unsafe<GuardReading["numbers"]>(Type.Record(Type.String(), Type.Unknown()));

export async function insertReading(
  db: Db,
  workspaceId: string,
  reading: KeptReading,
): Promise<void> {
  await db
    .insertInto("guard_readings")
    .values({
      id: reading.id,
      workspace_id: workspaceId,
      run_id: reading.runId,
      stage_id: reading.stageId,
      guard_id: reading.guardId,
      verdict: reading.verdict,
      reason: reading.reason,
      numbers: JSON.stringify(reading.numbers),
      read_at: reading.at,
      newest_event_at: reading.newestEventAt,
      audit_entry: reading.auditEntry,
    })
    .execute();
}

interface ReadingRow {
  readonly id: string;
  readonly run_id: string;
  readonly stage_id: string;
  readonly guard_id: string;
  readonly verdict: string;
  readonly reason: string;
  readonly numbers: unknown;
  readonly read_at: Date;
  readonly newest_event_at: Date | null;
  readonly audit_entry: string | null;
}

const COLUMNS = [
  "id",
  "run_id",
  "stage_id",
  "guard_id",
  "verdict",
  "reason",
  "numbers",
  "read_at",
  "newest_event_at",
  "audit_entry",
] as const;

function readingOf(row: ReadingRow): KeptReading {
  return {
    id: row.id,
    runId: row.run_id,
    stageId: row.stage_id,
    guardId: row.guard_id,
    verdict: Value.Parse(Verdict, row.verdict),
    reason: row.reason,
    numbers: Value.Parse(Numbers, row.numbers),
    at: row.read_at.toISOString(),
    newestEventAt: row.newest_event_at?.toISOString() ?? null,
    auditEntry: row.audit_entry,
  };
}

/** The newest kept reading of each guard of a run. */
export async function latestReadings(
  db: Db,
  workspaceId: string,
  runId: string,
): Promise<ReadonlyMap<string, KeptReading>> {
  const rows = await db
    .selectFrom("guard_readings")
    .select(COLUMNS)
    .distinctOn("guard_id")
    .where("workspace_id", "=", workspaceId)
    .where("run_id", "=", runId)
    .orderBy("guard_id")
    .orderBy("read_at", "desc")
    .execute();
  return new Map(rows.map((row) => [row.guard_id, readingOf(row)]));
}

/** The kept readings of a run, newest first. */
export async function listReadings(
  db: Db,
  workspaceId: string,
  runId: string,
  limit: number,
): Promise<readonly KeptReading[]> {
  const rows = await db
    .selectFrom("guard_readings")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("run_id", "=", runId)
    .orderBy("read_at", "desc")
    .orderBy("guard_id")
    .limit(limit)
    .execute();
  return rows.map(readingOf);
}

/** Exposed units when a stage began, or null if nobody has noted them. */
export async function findUnitsAtEntry(
  db: Db,
  runId: string,
  stageId: string,
): Promise<number | null> {
  const row = await db
    .selectFrom("guard_stages")
    .select("units_at_entry")
    .where("run_id", "=", runId)
    .where("stage_id", "=", stageId)
    .executeTakeFirst();
  return row === undefined ? null : Number(row.units_at_entry);
}

/** Notes the exposed units at a stage's first reading; who was first is right. */
export async function noteUnitsAtEntry(
  db: Db,
  workspaceId: string,
  runId: string,
  stageId: string,
  units: number,
): Promise<void> {
  await db
    .insertInto("guard_stages")
    .values({
      workspace_id: workspaceId,
      run_id: runId,
      stage_id: stageId,
      units_at_entry: units,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
