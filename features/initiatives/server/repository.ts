import type { Db } from "@paceline/db";
import { sql } from "kysely";

import {
  ArtifactContentsSchema,
  ModeSchema,
  ProposalSchema,
  StateSchema,
  VerdictSchema,
} from "../api.ts";
import type {
  InitiativeState,
  Mode,
  Proposal,
  Standing,
  Verdict,
  WrittenArtifact,
} from "../domain/index.ts";
import type { ArtifactContents } from "../domain/index.ts";
import { checked } from "./checked.ts";

/** One initiative as stored. */
export interface Initiative extends Standing {
  readonly id: string;
  readonly workspaceId: string;
  readonly number: number;
  readonly summary: string;
  readonly proposal: Proposal;
  readonly decisionId: string | null;
  /** The highest iteration that was asked for, started or refused. */
  readonly iterationsRequested: number;
  readonly verdict: Verdict | null;
  readonly learning: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** What was written for the artifacts of an initiative, and when. */
export interface WrittenArtifacts {
  readonly contents: ArtifactContents;
  readonly writtenAtMs: Readonly<Partial<Record<WrittenArtifact, number>>>;
}

/** One run as stored. */
export interface Iteration {
  readonly initiativeId: string;
  readonly number: number;
  readonly startedAt: Date;
  readonly endsAt: Date | null;
  readonly weeks: number | null;
  readonly ownerId: string | null;
  readonly closedAt: Date | null;
  readonly verdict: Verdict | null;
}

/** The columns that every read of initiatives selects. */
export const INITIATIVE_COLUMNS = [
  "initiatives.id",
  "initiatives.workspace_id",
  "initiatives.number",
  "initiatives.title",
  "initiatives.summary",
  "initiatives.state",
  "initiatives.mode",
  "initiatives.owner_id",
  "initiatives.proposal",
  "initiatives.decision_id",
  "initiatives.iterations_requested",
  "initiatives.verdict",
  "initiatives.learning",
  "initiatives.created_by",
  "initiatives.created_at",
  "initiatives.updated_at",
  "initiatives.version",
] as const;

/** A row of `initiatives` with those columns. */
export interface InitiativeRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly number: number;
  readonly title: string;
  readonly summary: string;
  readonly state: string;
  readonly mode: string | null;
  readonly owner_id: string | null;
  readonly proposal: unknown;
  readonly decision_id: string | null;
  readonly iterations_requested: number;
  readonly verdict: string | null;
  readonly learning: string | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

/** A row as an initiative. */
export function toInitiative(row: InitiativeRow): Initiative {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    number: row.number,
    title: row.title,
    summary: row.summary,
    state: checked(StateSchema, row.state),
    mode: row.mode === null ? null : checked(ModeSchema, row.mode),
    ownerId: row.owner_id,
    proposal: checked(ProposalSchema, row.proposal),
    decisionId: row.decision_id,
    iterationsRequested: row.iterations_requested,
    verdict: row.verdict === null ? null : checked(VerdictSchema, row.verdict),
    learning: row.learning,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

export async function findInitiative(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<Initiative | null> {
  const row = await db
    .selectFrom("initiatives")
    .select(INITIATIVE_COLUMNS)
    .where("initiatives.workspace_id", "=", workspaceId)
    .where("initiatives.id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : toInitiative(row);
}

/** Reads an initiative and keeps others from changing it until the transaction ends. */
export async function lockInitiative(
  tx: Db,
  workspaceId: string,
  id: string,
): Promise<Initiative | null> {
  const row = await tx
    .selectFrom("initiatives")
    .select(INITIATIVE_COLUMNS)
    .where("initiatives.workspace_id", "=", workspaceId)
    .where("initiatives.id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : toInitiative(row);
}

/** The next number of the workspace, without gaps: a rolled back transaction gives it back. */
export async function takeNumber(tx: Db, workspaceId: string): Promise<number> {
  const { last_number } = await tx
    .insertInto("initiative_counters")
    .values({ workspace_id: workspaceId, last_number: 1 })
    .onConflict((conflict) =>
      conflict
        .column("workspace_id")
        .doUpdateSet({ last_number: sql<number>`initiative_counters.last_number + 1` }),
    )
    .returning("initiative_counters.last_number")
    .executeTakeFirstOrThrow();
  return last_number;
}

export async function insertInitiative(tx: Db, initiative: Initiative): Promise<void> {
  await tx
    .insertInto("initiatives")
    .values({
      id: initiative.id,
      workspace_id: initiative.workspaceId,
      number: initiative.number,
      title: initiative.title,
      summary: initiative.summary,
      state: initiative.state,
      mode: initiative.mode,
      owner_id: initiative.ownerId,
      proposal: JSON.stringify(initiative.proposal),
      decision_id: initiative.decisionId,
      iterations_requested: initiative.iterationsRequested,
      verdict: initiative.verdict,
      learning: initiative.learning,
      created_by: initiative.createdBy,
      created_at: initiative.createdAt,
      updated_at: initiative.updatedAt,
      version: initiative.version,
    })
    .execute();
}

/** What a command may change of an initiative. */
export interface InitiativeChange {
  readonly title?: string;
  readonly summary?: string;
  readonly state?: InitiativeState;
  readonly mode?: Mode | null;
  readonly ownerId?: string | null;
  readonly proposal?: Proposal;
  readonly decisionId?: string | null;
  readonly iterationsRequested?: number;
  readonly verdict?: Verdict | null;
  readonly learning?: string;
}

/** Writes a change of a locked initiative; its version grows by one. */
export async function updateInitiative(
  tx: Db,
  initiative: Initiative,
  change: InitiativeChange,
  now: Date,
): Promise<Initiative> {
  const next: Initiative = {
    ...initiative,
    ...change,
    updatedAt: now,
    version: initiative.version + 1,
  };
  await tx
    .updateTable("initiatives")
    .set({
      title: next.title,
      summary: next.summary,
      state: next.state,
      mode: next.mode,
      owner_id: next.ownerId,
      proposal: JSON.stringify(next.proposal),
      decision_id: next.decisionId,
      iterations_requested: next.iterationsRequested,
      verdict: next.verdict,
      learning: next.learning,
      updated_at: next.updatedAt,
      version: next.version,
    })
    .where("initiatives.workspace_id", "=", initiative.workspaceId)
    .where("initiatives.id", "=", initiative.id)
    .execute();
  return next;
}

/** Replaces the written content of the given artifacts. */
export async function writeArtifacts(
  tx: Db,
  initiative: Pick<Initiative, "id" | "workspaceId">,
  contents: ArtifactContents,
  writtenBy: string,
  now: Date,
): Promise<void> {
  for (const [artifact, content] of Object.entries(contents)) {
    const written = { content: JSON.stringify(content), written_at: now, written_by: writtenBy };
    await tx
      .insertInto("initiative_artifacts")
      .values({
        workspace_id: initiative.workspaceId,
        initiative_id: initiative.id,
        artifact,
        ...written,
      })
      .onConflict((conflict) =>
        conflict.columns(["initiative_id", "artifact"]).doUpdateSet(written),
      )
      .execute();
  }
}

/** What was written for several initiatives, by initiative. */
export async function readArtifacts(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, WrittenArtifacts>> {
  const rows =
    ids.length === 0
      ? []
      : await db
          .selectFrom("initiative_artifacts")
          .select([
            "initiative_artifacts.initiative_id",
            "initiative_artifacts.artifact",
            "initiative_artifacts.content",
            "initiative_artifacts.written_at",
          ])
          .where("initiative_artifacts.workspace_id", "=", workspaceId)
          .where("initiative_artifacts.initiative_id", "in", ids)
          .execute();
  return new Map(
    ids.map((id) => {
      const own = rows.filter((row) => row.initiative_id === id);
      const contents = checked(
        ArtifactContentsSchema,
        Object.fromEntries(own.map((row) => [row.artifact, row.content])),
      );
      const writtenAtMs = Object.fromEntries(
        own.map((row) => [row.artifact, row.written_at.getTime()]),
      );
      return [id, { contents, writtenAtMs }];
    }),
  );
}

/** The runs of several initiatives, in order. */
export async function readIterations(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<readonly Iteration[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("initiative_iterations")
    .select([
      "initiative_iterations.initiative_id",
      "initiative_iterations.number",
      "initiative_iterations.started_at",
      "initiative_iterations.ends_at",
      "initiative_iterations.weeks",
      "initiative_iterations.owner_id",
      "initiative_iterations.closed_at",
      "initiative_iterations.verdict",
    ])
    .where("initiative_iterations.workspace_id", "=", workspaceId)
    .where("initiative_iterations.initiative_id", "in", ids)
    .orderBy("initiative_iterations.number")
    .execute();
  return rows.map((row) => ({
    initiativeId: row.initiative_id,
    number: row.number,
    startedAt: row.started_at,
    endsAt: row.ends_at,
    weeks: row.weeks,
    ownerId: row.owner_id,
    closedAt: row.closed_at,
    verdict: row.verdict === null ? null : checked(VerdictSchema, row.verdict),
  }));
}

export async function insertIteration(
  tx: Db,
  workspaceId: string,
  iteration: Iteration,
): Promise<void> {
  await tx
    .insertInto("initiative_iterations")
    .values({
      workspace_id: workspaceId,
      initiative_id: iteration.initiativeId,
      number: iteration.number,
      started_at: iteration.startedAt,
      ends_at: iteration.endsAt,
      weeks: iteration.weeks,
      owner_id: iteration.ownerId,
    })
    .execute();
}

/** Closes the open run of an initiative with its verdict. */
export async function closeIteration(
  tx: Db,
  initiative: Pick<Initiative, "id" | "workspaceId">,
  verdict: Verdict,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("initiative_iterations")
    .set({ closed_at: now, verdict })
    .where("initiative_iterations.workspace_id", "=", initiative.workspaceId)
    .where("initiative_iterations.initiative_id", "=", initiative.id)
    .where("initiative_iterations.closed_at", "is", null)
    .execute();
}
