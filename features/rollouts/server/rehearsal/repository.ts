import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import { RehearsalMeasureSchema, RehearsalVerdictSchema, TargetSchema } from "../../api.ts";
import type { RehearsalMeasure, RehearsalVerdict, RollbackTarget } from "../../domain/index.ts";

/** One rehearsal of a way back, as it was measured. */
export interface Rehearsal {
  readonly id: string;
  readonly workspaceId: string;
  readonly flagKey: string;
  readonly environment: string;
  readonly target: RollbackTarget;
  readonly measure: RehearsalMeasure;
  readonly verdict: RehearsalVerdict;
  readonly reason: string;
  readonly actor: string;
  readonly startedAt: Date;
  readonly auditEntry: string;
}

/** Adds a rehearsal to the drills of a flag. */
export async function insertRehearsal(db: Db, rehearsal: Rehearsal): Promise<void> {
  await db
    .insertInto("rollback_rehearsals")
    .values({
      id: rehearsal.id,
      workspace_id: rehearsal.workspaceId,
      flag_key: rehearsal.flagKey,
      environment: rehearsal.environment,
      target: JSON.stringify(rehearsal.target),
      measure: JSON.stringify(rehearsal.measure),
      verdict: rehearsal.verdict,
      reason: rehearsal.reason,
      actor: rehearsal.actor,
      started_at: rehearsal.startedAt,
      audit_entry: rehearsal.auditEntry,
    })
    .execute();
}

/** Rehearsals of a flag's way back, the latest first. */
export async function listRehearsals(
  db: Db,
  workspaceId: string,
  place: { readonly environment: string; readonly flagKey: string },
  limit: number,
): Promise<readonly Rehearsal[]> {
  const rows = await db
    .selectFrom("rollback_rehearsals")
    .select(["id", "target", "measure", "verdict", "reason", "actor", "started_at", "audit_entry"])
    .where("workspace_id", "=", workspaceId)
    .where("flag_key", "=", place.flagKey)
    .where("environment", "=", place.environment)
    .orderBy("started_at", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    workspaceId,
    ...place,
    target: Value.Parse(TargetSchema, row.target),
    measure: Value.Parse(RehearsalMeasureSchema, row.measure),
    verdict: Value.Parse(RehearsalVerdictSchema, row.verdict),
    reason: row.reason,
    actor: row.actor,
    startedAt: row.started_at,
    auditEntry: row.audit_entry,
  }));
}

/** When a rehearsal of a flag's way back was last passed, in any environment; null if never. */
export async function lastPassed(
  db: Db,
  workspaceId: string,
  flagKey: string,
): Promise<Date | null> {
  const row = await db
    .selectFrom("rollback_rehearsals")
    .select("started_at")
    .where("workspace_id", "=", workspaceId)
    .where("flag_key", "=", flagKey)
    .where("verdict", "=", "passed")
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.started_at ?? null;
}
