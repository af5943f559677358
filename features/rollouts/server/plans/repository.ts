import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import type { PlanState, PlanTemplate, RolloutPlan, Stage } from "../../domain/index.ts";
import { PlanStateSchema, TemplateSchema } from "../../plan-api.ts";
import { readPlan } from "./plan-state.ts";

/** A rollout as it is stored. */
export interface Rollout {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly flagId: string;
  readonly plan: RolloutPlan;
  readonly state: PlanState;
  /** Index of the published stage; null before the first. */
  readonly stage: number | null;
  readonly reason: string | null;
  /** The flag's revision that it has published last. */
  readonly revision: number | null;
  readonly executionId: string | null;
  readonly authors: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly version: number;
}

const COLUMNS = [
  "id",
  "workspace_id",
  "name",
  "flag_id",
  "plan",
  "state",
  "stage",
  "reason",
  "revision",
  "execution_id",
  "authors",
  "created_by",
  "created_at",
  "updated_at",
  "started_at",
  "ended_at",
  "version",
] as const;

interface Row {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly flag_id: string;
  readonly plan: unknown;
  readonly state: string;
  readonly stage: number | null;
  readonly reason: string | null;
  readonly revision: number | null;
  readonly execution_id: string | null;
  readonly authors: string[];
  readonly created_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly version: number;
}

function rolloutOf(row: Row): Rollout {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    flagId: row.flag_id,
    plan: readPlan(row.plan),
    state: Value.Parse(PlanStateSchema, row.state),
    stage: row.stage,
    reason: row.reason,
    revision: row.revision,
    executionId: row.execution_id,
    authors: row.authors,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    version: row.version,
  };
}

export async function findRollout(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<Rollout | null> {
  const row = await db
    .selectFrom("rollout_plans")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : rolloutOf(row);
}

/** As `findRollout`, and no other transaction changes it until this one ends. */
export async function lockRollout(
  tx: Db,
  workspaceId: string,
  id: string,
): Promise<Rollout | null> {
  const row = await tx
    .selectFrom("rollout_plans")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : rolloutOf(row);
}

export interface RolloutFilter {
  readonly state?: PlanState;
  readonly flagKey?: string;
  readonly environment?: string;
  readonly initiativeId?: string;
}

/** Rollouts, newest first, after a place. */
export async function listRollouts(
  db: Db,
  workspaceId: string,
  filter: RolloutFilter,
  after: { readonly createdAt: Date; readonly id: string } | null,
  limit: number,
): Promise<readonly Rollout[]> {
  let query = db
    .selectFrom("rollout_plans")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.flagKey !== undefined) query = query.where("flag_key", "=", filter.flagKey);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.initiativeId !== undefined) {
    query = query.where("initiative_id", "=", filter.initiativeId);
  }
  if (after !== null) {
    query = query.where((eb) =>
      eb.or([
        eb("created_at", "<", after.createdAt),
        eb.and([eb("created_at", "=", after.createdAt), eb("id", "<", after.id)]),
      ]),
    );
  }
  return (await query.execute()).map(rolloutOf);
}

const MOVING = ["running", "holding", "paused", "rolling-back"] as const;

/** Rollouts that move a flag now: by flag, or in every workspace. */
export async function listMoving(
  db: Db,
  place: {
    readonly workspaceId: string;
    readonly environment: string;
    readonly flagKey?: string;
  } | null,
): Promise<readonly Rollout[]> {
  let query = db.selectFrom("rollout_plans").select(COLUMNS).where("state", "in", MOVING);
  if (place !== null) {
    query = query
      .where("workspace_id", "=", place.workspaceId)
      .where("environment", "=", place.environment);
    if (place.flagKey !== undefined) query = query.where("flag_key", "=", place.flagKey);
  }
  return (await query.execute()).map(rolloutOf);
}

function valuesOf(rollout: Rollout) {
  return {
    name: rollout.name,
    flag_id: rollout.flagId,
    flag_key: rollout.plan.flagKey,
    environment: rollout.plan.environment,
    initiative_id: rollout.plan.initiativeId,
    plan: JSON.stringify(rollout.plan),
    state: rollout.state,
    stage: rollout.stage,
    reason: rollout.reason,
    revision: rollout.revision,
    execution_id: rollout.executionId,
    authors: [...rollout.authors],
    updated_at: rollout.updatedAt,
    started_at: rollout.startedAt,
    ended_at: rollout.endedAt,
    version: rollout.version,
  };
}

export async function insertRollout(tx: Db, rollout: Rollout): Promise<void> {
  await tx
    .insertInto("rollout_plans")
    .values({
      id: rollout.id,
      workspace_id: rollout.workspaceId,
      created_by: rollout.createdBy,
      created_at: rollout.createdAt,
      ...valuesOf(rollout),
    })
    .execute();
}

export async function updateRollout(tx: Db, rollout: Rollout): Promise<void> {
  await tx
    .updateTable("rollout_plans")
    .set(valuesOf(rollout))
    .where("id", "=", rollout.id)
    .execute();
}

/** Keeps the revision that a rollout has published last. */
export async function setRevision(tx: Db, id: string, revision: number): Promise<void> {
  await tx.updateTable("rollout_plans").set({ revision }).where("id", "=", id).execute();
}

/** Keeps the rollback that has ended a rollout. */
export async function setExecution(tx: Db, id: string, executionId: string): Promise<void> {
  await tx
    .updateTable("rollout_plans")
    .set({ execution_id: executionId })
    .where("id", "=", id)
    .execute();
}

/** The templates of a workspace, by key. */
export async function listTemplates(db: Db, workspaceId: string): Promise<readonly PlanTemplate[]> {
  const rows = await db
    .selectFrom("rollout_templates")
    .select(["key", "name", "description", "stages"])
    .where("workspace_id", "=", workspaceId)
    .orderBy("key")
    .execute();
  return rows.map((row) => Value.Parse(TemplateSchema, { ...row, isBuiltIn: false }));
}

/** Adds a template of a workspace, or replaces it. */
export async function upsertTemplate(
  tx: Db,
  workspaceId: string,
  template: {
    readonly key: string;
    readonly name: string;
    readonly description: string;
    readonly stages: readonly Stage[];
  },
  now: Date,
): Promise<void> {
  const { key, name, description } = template;
  const values = { name, description, stages: JSON.stringify(template.stages), updated_at: now };
  await tx
    .insertInto("rollout_templates")
    .values({ workspace_id: workspaceId, key, ...values })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "key"]).doUpdateSet((eb) => ({
        ...values,
        version: eb("rollout_templates.version", "+", 1),
      })),
    )
    .execute();
}

/** @returns false if there was none */
export async function deleteTemplate(tx: Db, workspaceId: string, key: string): Promise<boolean> {
  const row = await tx
    .deleteFrom("rollout_templates")
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .returning("key")
    .executeTakeFirst();
  return row !== undefined;
}
