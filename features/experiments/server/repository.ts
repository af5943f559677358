import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import { AnalysisSchema, CriterionSchema, ExperimentStateSchema, MetricSchema } from "../api.ts";
import type { AnalysisDocument, ExperimentState, MetricDocument } from "../api.ts";
import type { Criterion } from "../domain/index.ts";

/** One experiment as stored. */
export interface Experiment {
  readonly id: string;
  readonly workspaceId: string;
  readonly initiativeId: string | null;
  readonly name: string;
  readonly flagKey: string;
  readonly environment: string;
  readonly state: ExperimentState;
  readonly criterion: Criterion;
  readonly criterionDigest: string | null;
  readonly lockedAt: Date | null;
  readonly lockedBy: string | null;
  readonly lockEntry: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly verdict: string | null;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly version: number;
}

/** One look as stored; never changed afterwards. */
export interface Look {
  readonly look: number;
  readonly kind: "scheduled" | "requested";
  readonly asOf: Date;
  readonly takenAt: Date;
  readonly informationFraction: number;
  readonly analysis: AnalysisDocument;
  readonly auditEntry: string;
}

const COLUMNS = [
  "id",
  "workspace_id",
  "initiative_id",
  "name",
  "flag_key",
  "environment",
  "state",
  "criterion",
  "criterion_digest",
  "locked_at",
  "locked_by",
  "lock_entry",
  "started_at",
  "ended_at",
  "verdict",
  "reason",
  "created_at",
  "version",
] as const;

function selectExperiments(db: Db) {
  return db.selectFrom("experiments").select(COLUMNS);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectExperiments>["executeTakeFirstOrThrow"]>>;

function toExperiment(row: Row): Experiment {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    initiativeId: row.initiative_id,
    name: row.name,
    flagKey: row.flag_key,
    environment: row.environment,
    state: Value.Parse(ExperimentStateSchema, row.state),
    criterion: Value.Parse(CriterionSchema, row.criterion),
    criterionDigest: row.criterion_digest,
    lockedAt: row.locked_at,
    lockedBy: row.locked_by,
    lockEntry: row.lock_entry,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    verdict: row.verdict,
    reason: row.reason,
    createdAt: row.created_at,
    version: row.version,
  };
}

/** The experiment, or null if it is absent or belongs to another workspace. */
export async function findExperiment(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<Experiment | null> {
  const row = await selectExperiments(db)
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : toExperiment(row);
}

/** Like findExperiment, and no other transaction changes it until this one ends. */
export async function lockExperiment(
  tx: Db,
  workspaceId: string,
  id: string,
): Promise<Experiment | null> {
  const row = await selectExperiments(tx)
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : toExperiment(row);
}

/** Which experiments a list shows. */
export interface ExperimentFilter {
  readonly state?: ExperimentState;
  readonly initiativeId?: string;
  readonly flagKey?: string;
  readonly environment?: string;
  readonly search?: string;
}

/** Experiments, newest first, after the cursor's creation time and id. */
export async function listExperiments(
  db: Db,
  workspaceId: string,
  filter: ExperimentFilter,
  after: readonly string[] | null,
  limit: number,
): Promise<readonly Experiment[]> {
  let query = selectExperiments(db).where("workspace_id", "=", workspaceId);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.flagKey !== undefined) query = query.where("flag_key", "=", filter.flagKey);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.initiativeId !== undefined) {
    query = query.where("initiative_id", "=", filter.initiativeId);
  }
  if (filter.search !== undefined) {
    query = query.where(
      "name",
      "ilike",
      `%${filter.search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
    );
  }
  const [createdAt, id] = after ?? [];
  if (createdAt !== undefined && id !== undefined) {
    query = query.where((where) =>
      where(where.refTuple("created_at", "id"), "<", where.tuple(new Date(createdAt), id)),
    );
  }
  const rows = await query
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toExperiment);
}

/** Every running experiment of the installation, for the scheduler and the monitor. */
export async function listRunning(db: Db): Promise<readonly Experiment[]> {
  const rows = await selectExperiments(db).where("state", "=", "running").orderBy("id").execute();
  return rows.map(toExperiment);
}

/** Runs that a look taken after `since` ended with a verdict that takes the flag back. */
export async function listToTakeBack(db: Db, since: Date): Promise<readonly Experiment[]> {
  const rows = await selectExperiments(db)
    .where("state", "=", "concluded")
    .where("verdict", "in", ["rollback", "invalid"])
    .where("id", "in", (eb) =>
      eb.selectFrom("experiment_looks").select("experiment_id").where("taken_at", ">=", since),
    )
    .orderBy("id")
    .execute();
  return rows.map(toExperiment);
}

/** Adds a draft. */
export async function insertExperiment(db: Db, experiment: Experiment): Promise<void> {
  await db
    .insertInto("experiments")
    .values({
      id: experiment.id,
      workspace_id: experiment.workspaceId,
      initiative_id: experiment.initiativeId,
      name: experiment.name,
      flag_key: experiment.flagKey,
      environment: experiment.environment,
      state: experiment.state,
      criterion: JSON.stringify(experiment.criterion),
      created_at: experiment.createdAt,
    })
    .execute();
}

/** Writes what may change and raises the version. */
export async function updateExperiment(db: Db, experiment: Experiment): Promise<Experiment> {
  const row = await db
    .updateTable("experiments")
    .set((set) => ({
      state: experiment.state,
      criterion: JSON.stringify(experiment.criterion),
      criterion_digest: experiment.criterionDigest,
      locked_at: experiment.lockedAt,
      locked_by: experiment.lockedBy,
      lock_entry: experiment.lockEntry,
      started_at: experiment.startedAt,
      ended_at: experiment.endedAt,
      verdict: experiment.verdict,
      reason: experiment.reason,
      version: set("version", "+", 1),
    }))
    .where("workspace_id", "=", experiment.workspaceId)
    .where("id", "=", experiment.id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return toExperiment(row);
}

/** The looks of an experiment, oldest first. */
export async function listLooks(db: Db, experiment: Experiment): Promise<readonly Look[]> {
  const rows = await db
    .selectFrom("experiment_looks")
    .select([
      "look",
      "kind",
      "as_of",
      "taken_at",
      "information_fraction",
      "analysis",
      "audit_entry",
    ])
    .where("workspace_id", "=", experiment.workspaceId)
    .where("experiment_id", "=", experiment.id)
    .orderBy("look")
    .execute();
  return rows.map((row) => ({
    look: row.look,
    kind: row.kind === "scheduled" ? "scheduled" : "requested",
    asOf: row.as_of,
    takenAt: row.taken_at,
    informationFraction: row.information_fraction,
    analysis: Value.Parse(AnalysisSchema, row.analysis),
    auditEntry: row.audit_entry,
  }));
}

/** Adds a look to the log. */
export async function insertLook(db: Db, experiment: Experiment, look: Look): Promise<void> {
  await db
    .insertInto("experiment_looks")
    .values({
      workspace_id: experiment.workspaceId,
      experiment_id: experiment.id,
      look: look.look,
      kind: look.kind,
      as_of: look.asOf,
      taken_at: look.takenAt,
      information_fraction: look.informationFraction,
      analysis: JSON.stringify(look.analysis),
      audit_entry: look.auditEntry,
    })
    .execute();
}

/** The workspace's metric definitions by key; all of them without `keys`. */
export async function listMetrics(
  db: Db,
  workspaceId: string,
  keys?: readonly string[],
): Promise<readonly MetricDocument[]> {
  let query = db.selectFrom("metrics").select("definition").where("workspace_id", "=", workspaceId);
  if (keys !== undefined) query = query.where("key", "in", keys.length === 0 ? [""] : [...keys]);
  const rows = await query.orderBy("key").execute();
  return rows.map((row) => Value.Parse(MetricSchema, row.definition));
}

/** Adds or replaces a metric definition. */
export async function upsertMetric(
  db: Db,
  workspaceId: string,
  metric: MetricDocument,
  now: Date,
): Promise<void> {
  const definition = JSON.stringify(metric);
  await db
    .insertInto("metrics")
    .values({ workspace_id: workspaceId, key: metric.key, definition, updated_at: now })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "key"]).doUpdateSet({ definition, updated_at: now }),
    )
    .execute();
}
