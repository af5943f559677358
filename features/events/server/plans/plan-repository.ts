import type { CommandContext } from "@paceline/command";
import { notify } from "@paceline/db";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import {
  compareVersions,
  PLAN_MODES,
  PLAN_STATES,
  PLANNED_TYPES,
  versionText,
} from "../../domain/index.ts";
import type {
  PlanChange,
  PlanContent,
  PlannedType,
  PlanState,
  PlanVersion,
} from "../../domain/index.ts";

/** Tells every process that the plans or mappings of a workspace changed. */
export const PLANS_CHANNEL = "telemetry_plans";

export interface StoredPlan {
  readonly id: string;
  readonly name: string;
  readonly eventType: PlannedType;
  readonly event: string;
  readonly description: string;
  readonly initiativeId: string | null;
  /** Counts the changes of the plan and of its versions; for preconditions. */
  readonly rowVersion: number;
}

export interface StoredVersion extends PlanContent {
  readonly version: PlanVersion;
  readonly state: PlanState;
  readonly schemaText: string;
  readonly changes: readonly PlanChange[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly publishedAt: Date | null;
  readonly publishedBy: string | null;
  readonly retiredAt: Date | null;
}

const PLAN_COLUMNS = [
  "telemetry_plans.id",
  "telemetry_plans.name",
  "telemetry_plans.event_type",
  "telemetry_plans.event",
  "telemetry_plans.description",
  "telemetry_plans.initiative_id",
  "telemetry_plans.version",
] as const;

interface PlanRow {
  readonly id: string;
  readonly name: string;
  readonly event_type: string;
  readonly event: string;
  readonly description: string;
  readonly initiative_id: string | null;
  readonly version: number;
}

/** The member of a list that a stored text is. @throws Error if it is none: our own rows always are */
function known<T extends string>(list: readonly T[], text: string): T {
  const found = list.find((one) => one === text);
  if (found === undefined) throw new Error(`${text} is none of ${list.join(", ")}`);
  return found;
}

function planOf(row: PlanRow): StoredPlan {
  return {
    id: row.id,
    name: row.name,
    eventType: known(PLANNED_TYPES, row.event_type),
    event: row.event,
    description: row.description,
    initiativeId: row.initiative_id,
    rowVersion: row.version,
  };
}

export async function insertPlan(
  db: Db,
  ctx: Pick<CommandContext, "workspaceId" | "now">,
  plan: StoredPlan,
): Promise<"done" | "name-taken" | "event-taken"> {
  const inserted = await db
    .insertInto("telemetry_plans")
    .values({
      id: plan.id,
      workspace_id: ctx.workspaceId,
      name: plan.name,
      event_type: plan.eventType,
      event: plan.event,
      description: plan.description,
      initiative_id: plan.initiativeId,
      created_at: ctx.now,
      updated_at: ctx.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted !== undefined) return "done";
  const named = await findPlan(db, ctx.workspaceId, plan.name);
  return named === null ? "event-taken" : "name-taken";
}

export async function findPlan(
  db: Db,
  workspaceId: string,
  name: string,
): Promise<StoredPlan | null> {
  const row = await db
    .selectFrom("telemetry_plans")
    .select(PLAN_COLUMNS)
    .where("telemetry_plans.workspace_id", "=", workspaceId)
    .where("telemetry_plans.name", "=", name)
    .executeTakeFirst();
  return row === undefined ? null : planOf(row);
}

/** Why a plan cannot be changed: it is gone, or not as the caller saw it. */
export type PlanLockError =
  | { readonly kind: "plan-not-found" }
  | { readonly kind: "stale-version"; readonly current: number };

/** Reads a plan as the caller saw it, and holds it until the transaction ends. */
export async function lockPlan(
  tx: Db,
  workspaceId: string,
  name: string,
  rowVersion: number,
): Promise<Result<StoredPlan, PlanLockError>> {
  const row = await tx
    .selectFrom("telemetry_plans")
    .select(PLAN_COLUMNS)
    .where("telemetry_plans.workspace_id", "=", workspaceId)
    .where("telemetry_plans.name", "=", name)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return err({ kind: "plan-not-found" });
  const plan = planOf(row);
  return plan.rowVersion === rowVersion
    ? ok(plan)
    : err({ kind: "stale-version", current: plan.rowVersion });
}

export async function listPlans(
  db: Db,
  workspaceId: string,
  filter: {
    readonly initiativeId: string | null;
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<readonly StoredPlan[]> {
  let query = db
    .selectFrom("telemetry_plans")
    .select(PLAN_COLUMNS)
    .where("telemetry_plans.workspace_id", "=", workspaceId)
    .orderBy("telemetry_plans.name")
    .limit(filter.limit);
  if (filter.initiativeId !== null) {
    query = query.where("telemetry_plans.initiative_id", "=", filter.initiativeId);
  }
  if (filter.after !== null) query = query.where("telemetry_plans.name", ">", filter.after);
  return (await query.execute()).map(planOf);
}

/** Counts a change of a plan, and tells every process when the transaction commits. */
export async function touchPlan(
  tx: Db,
  ctx: Pick<CommandContext, "workspaceId" | "now">,
  plan: Pick<StoredPlan, "id" | "description" | "initiativeId">,
): Promise<void> {
  await tx
    .updateTable("telemetry_plans")
    .set((eb) => ({
      description: plan.description,
      initiative_id: plan.initiativeId,
      version: eb("telemetry_plans.version", "+", 1),
      updated_at: ctx.now,
    }))
    .where("telemetry_plans.id", "=", plan.id)
    .execute();
  await notify(tx, PLANS_CHANNEL, ctx.workspaceId);
}

/** Every version of some plans, by plan, the newest first. */
export async function readVersions(
  db: Db,
  planIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredVersion[]>> {
  if (planIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("telemetry_plan_versions as v")
    .select([
      "v.plan_id",
      "v.model",
      "v.revision",
      "v.addition",
      "v.state",
      "v.mode",
      "v.environments",
      "v.sources",
      "v.freshness_days",
      "v.schema",
      "v.changes",
      "v.created_at",
      "v.created_by",
      "v.published_at",
      "v.published_by",
      "v.retired_at",
    ])
    .where("v.plan_id", "in", [...planIds])
    .execute();
  const versions = rows.map((row) => ({
    planId: row.plan_id,
    version: { model: row.model, revision: row.revision, addition: row.addition },
    state: known(PLAN_STATES, row.state),
    mode: known(PLAN_MODES, row.mode),
    environments: row.environments,
    sources: row.sources,
    freshnessDays: row.freshness_days,
    schemaText: row.schema,
    schema: parseJson(row.schema),
    changes: changesOf(row.changes),
    createdAt: row.created_at,
    createdBy: row.created_by,
    publishedAt: row.published_at,
    publishedBy: row.published_by,
    retiredAt: row.retired_at,
  }));
  versions.sort((a, b) => compareVersions(b.version, a.version));
  return Map.groupBy(versions, ({ planId }) => planId);
}

function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return value;
}

function changesOf(value: unknown): readonly PlanChange[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const fields = new Map<string, unknown>(Object.entries(entry));
    const [level, pointer, reason] = ["level", "pointer", "reason"].map((key) => fields.get(key));
    if (level !== "MODEL" && level !== "REVISION" && level !== "ADDITION") return [];
    return typeof pointer === "string" && typeof reason === "string"
      ? [{ level, pointer, reason }]
      : [];
  });
}

/** What a draft says: its version, content, and the changes from the version before. */
export interface DraftToWrite {
  readonly version: PlanVersion;
  readonly content: PlanContent;
  readonly changes: readonly PlanChange[];
}

/** Puts a draft in the place of the one there is. */
export async function replaceDraft(
  tx: Db,
  ctx: Pick<CommandContext, "now">,
  planId: string,
  draft: DraftToWrite,
  by: string,
): Promise<void> {
  await deleteDraft(tx, planId);
  const { version, content, changes } = draft;
  await tx
    .insertInto("telemetry_plan_versions")
    .values({
      plan_id: planId,
      ...version,
      state: "draft",
      mode: content.mode,
      environments: content.environments === null ? null : [...content.environments],
      sources: content.sources === null ? null : [...content.sources],
      freshness_days: content.freshnessDays,
      schema: JSON.stringify(content.schema),
      changes: JSON.stringify(changes),
      created_at: ctx.now,
      created_by: by,
    })
    .execute();
}

export async function deleteDraft(tx: Db, planId: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom("telemetry_plan_versions")
    .where("plan_id", "=", planId)
    .where("state", "=", "draft")
    .returning("model")
    .executeTakeFirst();
  return gone !== undefined;
}

export async function setVersionState(
  tx: Db,
  ctx: Pick<CommandContext, "now">,
  planId: string,
  version: PlanVersion,
  to: { readonly state: "published"; readonly by: string } | { readonly state: "retired" },
): Promise<void> {
  const changed = await tx
    .updateTable("telemetry_plan_versions")
    .set(
      to.state === "published"
        ? { state: "published", published_at: ctx.now, published_by: to.by }
        : { state: "retired", retired_at: ctx.now },
    )
    .where("plan_id", "=", planId)
    .where("model", "=", version.model)
    .where("revision", "=", version.revision)
    .where("addition", "=", version.addition)
    .where("state", "=", to.state === "published" ? "draft" : "published")
    .returning("model")
    .executeTakeFirst();
  if (changed === undefined) {
    throw new Error(`${versionText(version)} could not become ${to.state}`);
  }
}

export async function readSettings(
  db: Db,
  workspaceId: string,
): Promise<{ readonly unplanned: "accept" | "flag"; readonly version: number }> {
  const row = await db
    .selectFrom("telemetry_plan_settings")
    .select(["unplanned", "version"])
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  if (row === undefined) return { unplanned: "accept", version: 0 };
  return { unplanned: row.unplanned === "flag" ? "flag" : "accept", version: row.version };
}

export async function writeSettings(
  tx: Db,
  workspaceId: string,
  unplanned: PlanSettingsValue,
  version: number,
): Promise<void> {
  await tx
    .insertInto("telemetry_plan_settings")
    .values({ workspace_id: workspaceId, unplanned, version })
    .onConflict((conflict) => conflict.column("workspace_id").doUpdateSet({ unplanned, version }))
    .execute();
  await notify(tx, PLANS_CHANNEL, workspaceId);
}

export type PlanSettingsValue = "accept" | "flag";

/** What is in force in every workspace, or in one: for the door. */
export async function readPublished(
  db: Db,
  workspaceId: string | null,
): Promise<
  readonly {
    readonly workspaceId: string;
    readonly plan: StoredPlan;
    readonly version: StoredVersion;
  }[]
> {
  let query = db
    .selectFrom("telemetry_plans")
    .select([...PLAN_COLUMNS, "telemetry_plans.workspace_id"])
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("telemetry_plan_versions as v")
          .select("v.model")
          .whereRef("v.plan_id", "=", "telemetry_plans.id")
          .where("v.state", "=", "published"),
      ),
    );
  if (workspaceId !== null) query = query.where("telemetry_plans.workspace_id", "=", workspaceId);
  const rows = await query.execute();
  const versions = await readVersions(
    db,
    rows.map(({ id }) => id),
  );
  return rows.flatMap((row) =>
    (versions.get(row.id) ?? [])
      .filter(({ state }) => state === "published")
      .map((version) => ({ workspaceId: row.workspace_id, plan: planOf(row), version })),
  );
}

/** Workspaces that ask for unplanned events to be flagged. */
export async function readFlaggingWorkspaces(
  db: Db,
  workspaceId: string | null,
): Promise<readonly string[]> {
  let query = db
    .selectFrom("telemetry_plan_settings")
    .select("workspace_id")
    .where("unplanned", "=", "flag");
  if (workspaceId !== null) query = query.where("workspace_id", "=", workspaceId);
  return (await query.execute()).map((row) => row.workspace_id);
}
