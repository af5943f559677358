import { createHash } from "node:crypto";

import type { CommandContext } from "@paceline/command";
import { notify } from "@paceline/db";
import type { Db } from "@paceline/db";
import { canonicalJson } from "@paceline/transparency-log";
import { Value } from "typebox/value";

import {
  FlagKindSchema,
  FlagTypeSchema,
  LifecycleSchema,
  StoredConfigurationSchema,
  StoredContentSchema,
  VariantsSchema,
} from "../api.ts";
import { fromStored } from "../domain/index.ts";
import type { Configuration, FlagDefinition, Lifecycle, RevisionContent } from "../domain/index.ts";

/** Tells every process that an environment has a new revision: `<workspace>/<environment>/<revision>`. */
export const PUBLISHED_CHANNEL = "flag_published";

/** A flag as it is stored. */
export interface StoredFlag extends FlagDefinition {
  readonly id: string;
  readonly version: number;
  readonly archivedAt: Date | null;
}

const ACTIONS = ["publish", "exposure", "revert", "archive", "holdout"] as const;

/** What happened in an environment under one revision number. */
export interface Publication {
  readonly environment: string;
  readonly revision: number;
  readonly digest: string | null;
  readonly action: PublicationAction;
  readonly publishedAt: Date;
  readonly publishedBy: string;
}

export type PublicationAction = (typeof ACTIONS)[number];

const FLAG_COLUMNS = [
  "flags.id",
  "flags.key",
  "flags.type",
  "flags.variants",
  "flags.description",
  "flags.owner",
  "flags.kind",
  "flags.initiative_id",
  "flags.expires_at",
  "flags.lifecycle",
  "flags.tags",
  "flags.archived_at",
  "flags.version",
] as const;

interface FlagRow {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly variants: unknown;
  readonly description: string;
  readonly owner: string | null;
  readonly kind: string;
  readonly initiative_id: string | null;
  readonly expires_at: Date | null;
  readonly lifecycle: string;
  readonly tags: readonly string[];
  readonly archived_at: Date | null;
  readonly version: number;
}

export function flagOf(row: FlagRow): StoredFlag {
  return {
    id: row.id,
    key: row.key,
    type: Value.Parse(FlagTypeSchema, row.type),
    variants: Value.Parse(VariantsSchema, row.variants),
    description: row.description,
    owner: row.owner,
    kind: Value.Parse(FlagKindSchema, row.kind),
    initiativeId: row.initiative_id,
    expiresAt: row.expires_at?.toISOString() ?? null,
    lifecycle: Value.Parse(LifecycleSchema, row.lifecycle),
    tags: row.tags,
    archivedAt: row.archived_at,
    version: row.version,
  };
}

function definitionRow(flag: FlagDefinition) {
  return {
    variants: JSON.stringify(flag.variants),
    description: flag.description,
    owner: flag.owner,
    kind: flag.kind,
    initiative_id: flag.initiativeId,
    expires_at: flag.expiresAt,
    lifecycle: flag.lifecycle,
    tags: [...flag.tags],
  };
}

/** @returns false if the key is taken */
export async function insertFlag(
  tx: Db,
  ctx: CommandContext,
  id: string,
  flag: FlagDefinition,
): Promise<boolean> {
  const inserted = await tx
    .insertInto("flags")
    .values({
      id,
      workspace_id: ctx.workspaceId,
      key: flag.key,
      type: flag.type,
      ...definitionRow(flag),
      created_at: ctx.now,
      updated_at: ctx.now,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "key"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function updateFlag(
  tx: Db,
  id: string,
  flag: FlagDefinition,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("flags")
    .set((eb) => ({
      ...definitionRow(flag),
      updated_at: now,
      version: eb("version", "+", 1),
    }))
    .where("id", "=", id)
    .execute();
}

/** Moves a flag to another part of its life; archived is what has the instant at which it was. */
export async function setLifecycle(
  tx: Db,
  id: string,
  lifecycle: Lifecycle,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("flags")
    .set((eb) => ({
      lifecycle,
      archived_at: lifecycle === "archived" ? now : null,
      updated_at: now,
      version: eb("version", "+", 1),
    }))
    .where("id", "=", id)
    .execute();
}

export async function readFlag(
  db: Db,
  workspaceId: string,
  key: string,
): Promise<StoredFlag | null> {
  const row = await db
    .selectFrom("flags")
    .select(FLAG_COLUMNS)
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.key", "=", key)
    .executeTakeFirst();
  return row === undefined ? null : flagOf(row);
}

/** Every flag of a workspace that is not archived, by key, with the instant at which it was made. */
export async function listFlagRows(
  db: Db,
  workspaceId: string,
): Promise<readonly { readonly flag: StoredFlag; readonly createdAt: Date }[]> {
  const rows = await db
    .selectFrom("flags")
    .select([...FLAG_COLUMNS, "flags.created_at"])
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.archived_at", "is", null)
    .orderBy("flags.key")
    .execute();
  return rows.map((row) => ({ flag: flagOf(row), createdAt: row.created_at }));
}

/** Reads flags, also archived ones, and holds them until the transaction ends. */
export async function lockFlags(
  tx: Db,
  workspaceId: string,
  keys: readonly string[],
): Promise<readonly StoredFlag[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .selectFrom("flags")
    .select(FLAG_COLUMNS)
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.key", "in", keys)
    // In one order, so that two who want the same flags never wait for each other.
    .orderBy("flags.key")
    .forUpdate()
    .execute();
  return rows.map(flagOf);
}

/** Reads a flag and holds it until the transaction ends: its changes happen one after the other. */
export async function lockFlag(
  tx: Db,
  workspaceId: string,
  key: string,
): Promise<StoredFlag | null> {
  const row = await tx
    .selectFrom("flags")
    .select(FLAG_COLUMNS)
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.key", "=", key)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : flagOf(row);
}

/** What would be published next in an environment. */
export interface Draft {
  readonly configuration: Configuration;
  readonly version: number;
}

export async function readDraft(
  db: Db,
  flagId: string,
  environment: string,
): Promise<Draft | null> {
  const row = await db
    .selectFrom("flag_drafts")
    .select(["configuration", "version"])
    .where("flag_id", "=", flagId)
    .where("environment", "=", environment)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { configuration: readConfiguration(row.configuration), version: row.version };
}

export function readConfiguration(value: unknown): Configuration {
  return fromStored(Value.Parse(StoredConfigurationSchema, value));
}

/** @returns the draft's new version */
export async function writeDraft(
  tx: Db,
  ctx: CommandContext,
  flagId: string,
  environment: string,
  configuration: Configuration,
): Promise<number> {
  const row = await tx
    .insertInto("flag_drafts")
    .values({
      flag_id: flagId,
      workspace_id: ctx.workspaceId,
      environment,
      configuration: JSON.stringify(configuration),
      updated_at: ctx.now,
    })
    .onConflict((conflict) =>
      conflict.columns(["flag_id", "environment"]).doUpdateSet((eb) => ({
        configuration: eb.ref("excluded.configuration"),
        updated_at: eb.ref("excluded.updated_at"),
        version: eb("flag_drafts.version", "+", 1),
      })),
    )
    .returning("version")
    .executeTakeFirstOrThrow();
  return row.version;
}

/** A publication with what it fixed; no content where the flag was taken out. */
export interface PublishedRevision extends Publication {
  readonly content: RevisionContent | null;
}

interface PublicationRow {
  readonly environment: string;
  readonly revision: number;
  readonly digest: string | null;
  readonly action: string;
  readonly published_at: Date;
  readonly published_by: string;
}

export function publicationOf(row: PublicationRow): Publication {
  return {
    environment: row.environment,
    revision: row.revision,
    digest: row.digest,
    action: ACTIONS.find((action) => action === row.action) ?? "publish",
    publishedAt: row.published_at,
    publishedBy: row.published_by,
  };
}

export function readContent(text: string): RevisionContent {
  const parsed: unknown = JSON.parse(text);
  const stored = Value.Parse(StoredContentSchema, parsed);
  return { ...stored, configuration: fromStored(stored.configuration) };
}

/** Publications of one flag in an environment, newest first, with contents. */
function publicationsOf(db: Db, flagId: string, environment: string) {
  return db
    .selectFrom("flag_publications as p")
    .leftJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
    )
    .select([
      "p.environment",
      "p.revision",
      "p.digest",
      "p.action",
      "p.published_at",
      "p.published_by",
      "r.content",
    ])
    .where("p.flag_id", "=", flagId)
    .where("p.environment", "=", environment)
    .orderBy("p.revision", "desc");
}

function publishedRevisionOf(
  row: PublicationRow & { readonly content: string | null },
): PublishedRevision {
  return { ...publicationOf(row), content: row.content === null ? null : readContent(row.content) };
}

/** What is in force for a flag, or null before its first publication. */
export async function readLatest(
  db: Db,
  flagId: string,
  environment: string,
): Promise<PublishedRevision | null> {
  const row = await publicationsOf(db, flagId, environment).executeTakeFirst();
  return row === undefined ? null : publishedRevisionOf(row);
}

/** A flag's own publication by its number; null if it is of another flag or does not exist. */
export async function readRevision(
  db: Db,
  flagId: string,
  environment: string,
  revision: number,
): Promise<PublishedRevision | null> {
  const row = await publicationsOf(db, flagId, environment)
    .where("p.revision", "=", revision)
    .executeTakeFirst();
  return row === undefined ? null : publishedRevisionOf(row);
}

/** The publication of the same flag before `revision`. */
export async function readRevisionBefore(
  db: Db,
  flagId: string,
  environment: string,
  revision: number,
): Promise<PublishedRevision | null> {
  const row = await publicationsOf(db, flagId, environment)
    .where("p.revision", "<", revision)
    .executeTakeFirst();
  return row === undefined ? null : publishedRevisionOf(row);
}

/** SHA-256 of the canonical JSON (RFC 8785) of what a revision fixes. */
export function digestOf(content: RevisionContent): string {
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}

function actorName(ctx: CommandContext): string {
  return ctx.actor.kind === "service" ? ctx.actor.name : ctx.actor.id;
}

/** What a revision is to hold: a content, one that is stored already, or nothing (null). */
export type Fixed = RevisionContent | { readonly digest: string } | null;

/**
 * Gives the environment its next revision. For `publishContent`, the one door for publications; a
 * content that is stored keeps the digest that it has, whatever its members would be called today.
 */
export async function insertPublication(
  tx: Db,
  ctx: CommandContext,
  flagId: string,
  environment: string,
  fixed: Fixed,
  action: PublicationAction,
): Promise<Publication> {
  const { workspaceId: workspace_id, now } = ctx;
  const { revision } = await tx
    .insertInto("flag_environments")
    .values({ workspace_id, environment, revision: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(["workspace_id", "environment"])
        .doUpdateSet((eb) => ({ revision: eb("flag_environments.revision", "+", 1) })),
    )
    .returning("revision")
    .executeTakeFirstOrThrow();
  const digest = fixed === null ? null : "digest" in fixed ? fixed.digest : digestOf(fixed);
  if (fixed !== null && digest !== null && !("digest" in fixed)) {
    await tx
      .insertInto("flag_revisions")
      .values({
        workspace_id,
        digest,
        flag_id: flagId,
        content: canonicalJson(fixed),
        created_at: now,
      })
      .onConflict((conflict) => conflict.columns(["workspace_id", "digest"]).doNothing())
      .execute();
  }
  const published_by = actorName(ctx);
  await tx
    .insertInto("flag_publications")
    .values({
      workspace_id,
      environment,
      revision,
      flag_id: flagId,
      digest,
      action,
      published_at: now,
      published_by,
    })
    .execute();
  await notify(tx, PUBLISHED_CHANNEL, `${workspace_id}/${environment}/${revision}`);
  return { environment, revision, digest, action, publishedAt: now, publishedBy: published_by };
}

/** Environments in which a flag has ever been published or drafted. */
export async function readEnvironments(db: Db, flagId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("flag_drafts")
    .select("environment")
    .where("flag_id", "=", flagId)
    .union(db.selectFrom("flag_publications").select("environment").where("flag_id", "=", flagId))
    .execute();
  return rows.map(({ environment }) => environment).toSorted();
}
