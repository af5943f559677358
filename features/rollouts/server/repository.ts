import type { Db } from "@paceline/db";
import { Type } from "typebox";
import { Value } from "typebox/value";

import { TargetSchema, TriggerSchema } from "../api.ts";
import type { RollbackDefinition } from "../domain/index.ts";
import { PaceSchema } from "../pace-api.ts";
import { lastPassed } from "./rehearsal/repository.ts";

/** One rollback that happened. */
export interface RollbackExecution {
  readonly id: string;
  readonly workspaceId: string;
  readonly experimentId: string | null;
  readonly flagKey: string;
  readonly environment: string;
  /** A trigger's name, or `manual`. */
  readonly trigger: string;
  readonly reason: string;
  readonly actor: string;
  /** The numbers behind an automatic decision. */
  readonly numbers: unknown;
  readonly fromRevision: number | null;
  readonly toRevision: number;
  /** Names of the flag's tests that failed on what it put in force. */
  readonly failingTests: readonly string[];
  readonly startedAt: Date;
  readonly effectMs: number | null;
  readonly auditEntry: string;
}

/** The way back of a flag in an environment, or null. */
export async function findDefinition(
  db: Db,
  workspaceId: string,
  environment: string,
  flagKey: string,
): Promise<RollbackDefinition | null> {
  const row = await db
    .selectFrom("rollback_definitions")
    .select([
      "id",
      "initiative_id",
      "experiment_id",
      "target",
      "triggers",
      "mode",
      "pace",
      "automatic_pace",
      "step_seconds",
      "owner_id",
      "verification",
      "updated_at",
      "version",
    ])
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .where("flag_key", "=", flagKey)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    workspaceId,
    initiativeId: row.initiative_id,
    experimentId: row.experiment_id,
    flagKey,
    environment,
    target: Value.Parse(TargetSchema, row.target),
    triggers: Value.Parse(Type.Array(TriggerSchema), row.triggers),
    mode: row.mode === "automatic" ? "automatic" : "ask",
    pace: Value.Parse(PaceSchema, row.pace),
    automaticPace: Value.Parse(PaceSchema, row.automatic_pace),
    stepSeconds: row.step_seconds,
    ownerId: row.owner_id,
    verification: row.verification,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

/** Whether a way back is defined for an initiative, or for the flag that it names. */
export async function hasDefinition(
  db: Db,
  workspaceId: string,
  subject: { readonly initiativeId: string; readonly flagKey: string | null },
): Promise<boolean> {
  const row = await db
    .selectFrom("rollback_definitions")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where((eb) =>
      eb.or([
        eb("initiative_id", "=", subject.initiativeId),
        ...(subject.flagKey === null ? [] : [eb("flag_key", "=", subject.flagKey)]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * When a flag was last taken back and the effect was seen, in any environment: by a rehearsal that
 * passed, or really.
 */
export async function lastRehearsal(
  db: Db,
  workspaceId: string,
  flagKey: string,
): Promise<Date | null> {
  const row = await db
    .selectFrom("rollback_executions")
    .select("started_at")
    .where("workspace_id", "=", workspaceId)
    .where("flag_key", "=", flagKey)
    .where("effect_ms", "is not", null)
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
  const passed = await lastPassed(db, workspaceId, flagKey);
  const really = row?.started_at ?? null;
  if (passed === null || really === null) return passed ?? really;
  return passed > really ? passed : really;
}

/** Adds the way back of a flag, or replaces it and raises its version. */
export async function upsertDefinition(db: Db, definition: RollbackDefinition): Promise<void> {
  const values = {
    initiative_id: definition.initiativeId,
    experiment_id: definition.experimentId,
    target: JSON.stringify(definition.target),
    triggers: JSON.stringify(definition.triggers),
    mode: definition.mode,
    pace: definition.pace,
    automatic_pace: definition.automaticPace,
    step_seconds: definition.stepSeconds,
    owner_id: definition.ownerId,
    verification: definition.verification,
    updated_at: definition.updatedAt,
    version: definition.version,
  };
  await db
    .insertInto("rollback_definitions")
    .values({
      ...values,
      id: definition.id,
      workspace_id: definition.workspaceId,
      flag_key: definition.flagKey,
      environment: definition.environment,
    })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "environment", "flag_key"]).doUpdateSet(values),
    )
    .execute();
}

/** Adds an execution to the history. */
export async function insertExecution(db: Db, execution: RollbackExecution): Promise<void> {
  await db
    .insertInto("rollback_executions")
    .values({
      id: execution.id,
      workspace_id: execution.workspaceId,
      experiment_id: execution.experimentId,
      flag_key: execution.flagKey,
      environment: execution.environment,
      trigger: execution.trigger,
      reason: execution.reason,
      actor: execution.actor,
      numbers: JSON.stringify(execution.numbers ?? null),
      from_revision: execution.fromRevision,
      to_revision: execution.toRevision,
      failing_tests: [...execution.failingTests],
      started_at: execution.startedAt,
      effect_ms: execution.effectMs,
      audit_entry: execution.auditEntry,
    })
    .execute();
}

/** Whether a rollback for this experiment is recorded. */
export async function hasExecution(
  db: Db,
  workspaceId: string,
  experimentId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("rollback_executions")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("experiment_id", "=", experimentId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Notes how long a rollback took to be served. */
export async function setEffect(db: Db, id: string, effectMs: number): Promise<void> {
  await db
    .updateTable("rollback_executions")
    .set({ effect_ms: effectMs })
    .where("id", "=", id)
    .execute();
}

const EXECUTION_COLUMNS = [
  "id",
  "workspace_id",
  "experiment_id",
  "flag_key",
  "environment",
  "trigger",
  "reason",
  "actor",
  "numbers",
  "from_revision",
  "to_revision",
  "failing_tests",
  "started_at",
  "effect_ms",
  "audit_entry",
] as const;

interface ExecutionRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly experiment_id: string | null;
  readonly flag_key: string;
  readonly environment: string;
  readonly trigger: string;
  readonly reason: string;
  readonly actor: string;
  readonly numbers: unknown;
  readonly from_revision: number | null;
  readonly to_revision: number;
  readonly failing_tests: readonly string[];
  readonly started_at: Date;
  readonly effect_ms: number | null;
  readonly audit_entry: string;
}

function executionOf(row: ExecutionRow): RollbackExecution {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    experimentId: row.experiment_id,
    flagKey: row.flag_key,
    environment: row.environment,
    trigger: row.trigger,
    reason: row.reason,
    actor: row.actor,
    numbers: row.numbers,
    fromRevision: row.from_revision,
    toRevision: row.to_revision,
    failingTests: row.failing_tests,
    startedAt: row.started_at,
    effectMs: row.effect_ms,
    auditEntry: row.audit_entry,
  };
}

/** One rollback that happened, or null. */
export async function findExecution(db: Db, id: string): Promise<RollbackExecution | null> {
  const row = await db
    .selectFrom("rollback_executions")
    .select(EXECUTION_COLUMNS)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : executionOf(row);
}

/** The rollbacks of a flag in an environment, newest first. */
export async function listExecutions(
  db: Db,
  workspaceId: string,
  environment: string,
  flagKey: string,
  limit: number,
): Promise<readonly RollbackExecution[]> {
  const rows = await db
    .selectFrom("rollback_executions")
    .select(EXECUTION_COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .where("flag_key", "=", flagKey)
    .orderBy("started_at", "desc")
    .limit(limit)
    .execute();
  return rows.map(executionOf);
}
