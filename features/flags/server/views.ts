import type { Db } from "@paceline/db";
import { sql } from "kysely";

import type { FlagDetail, FlagSummary, PublicationView } from "../api.ts";
import {
  flagOf,
  publicationOf,
  readDraft,
  readEnvironments,
  readFlag,
  readLatest,
} from "./repository.ts";
import type { Publication, StoredFlag } from "./repository.ts";

export interface FlagFilters {
  readonly text: string | null;
  readonly kind: string | null;
  readonly initiativeId: string | null;
  /** Only flags that are in force there. */
  readonly environment: string | null;
  readonly archived: boolean;
}

export function publicationView(publication: Publication): PublicationView {
  const { environment, revision, digest, action, publishedAt, publishedBy } = publication;
  return {
    environment,
    revision,
    digest,
    action,
    publishedAt: publishedAt.toISOString(),
    publishedBy,
  };
}

interface InForce {
  readonly flag_id: string;
  readonly environment: string;
  readonly revision: number;
  readonly published_at: Date;
}

/** Where each of the flags is in force now. */
async function readInForce(db: Db, flagIds: readonly string[]): Promise<readonly InForce[]> {
  if (flagIds.length === 0) return [];
  const { rows } = await sql<InForce & { digest: string | null }>`
    select distinct on (p.flag_id, p.environment)
      p.flag_id, p.environment, p.revision, p.published_at, p.digest
    from flag_publications p
    where p.flag_id = any(${flagIds}::uuid[])
    order by p.flag_id, p.environment, p.revision desc`.execute(db);
  return rows.filter(({ digest }) => digest !== null);
}

function summaryOf(flag: StoredFlag, inForce: readonly InForce[]): FlagSummary {
  const { id, key, type, kind, description, owner, initiativeId, expiresAt, version } = flag;
  return {
    id,
    key,
    type,
    kind,
    description,
    owner,
    initiativeId,
    expiresAt,
    lifecycle: flag.lifecycle,
    tags: [...flag.tags],
    archivedAt: flag.archivedAt?.toISOString() ?? null,
    version,
    published: inForce
      .filter(({ flag_id }) => flag_id === id)
      .map(({ environment, revision, published_at }) => ({
        environment,
        revision,
        publishedAt: published_at.toISOString(),
      })),
  };
}

/** Flags by key, from `after` on. */
export async function listFlags(
  db: Db,
  workspaceId: string,
  filters: FlagFilters,
  after: string | null,
  limit: number,
): Promise<readonly FlagSummary[]> {
  let query = db
    .selectFrom("flags")
    .selectAll("flags")
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.archived_at", filters.archived ? "is not" : "is", null);
  if (filters.kind !== null) query = query.where("flags.kind", "=", filters.kind);
  if (filters.initiativeId !== null) {
    query = query.where("flags.initiative_id", "=", filters.initiativeId);
  }
  if (filters.text !== null) {
    const pattern = `%${filters.text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where((eb) =>
      eb.or([eb("flags.key", "ilike", pattern), eb("flags.description", "ilike", pattern)]),
    );
  }
  if (filters.environment !== null) {
    query = query.where(sql<boolean>`(
      select p.digest is not null from flag_publications p
      where p.flag_id = flags.id and p.environment = ${filters.environment}
      order by p.revision desc limit 1)`);
  }
  if (after !== null) query = query.where("flags.key", ">", after);
  const rows = await query.orderBy("flags.key").limit(limit).execute();
  const inForce = await readInForce(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => summaryOf(flagOf(row), inForce));
}

/** A flag with its draft and what is in force, per environment. */
export async function readDetail(
  db: Db,
  workspaceId: string,
  key: string,
): Promise<FlagDetail | null> {
  const flag = await readFlag(db, workspaceId, key);
  if (flag === null) return null;
  const names = await readEnvironments(db, flag.id);
  const environments = await Promise.all(
    names.map(async (environment) => {
      const draft = await readDraft(db, flag.id, environment);
      const latest = await readLatest(db, flag.id, environment);
      const content = latest?.content ?? null;
      return {
        environment,
        draft,
        published:
          latest === null || content === null ? null : { ...publicationView(latest), content },
      };
    }),
  );
  const inForce = await readInForce(db, [flag.id]);
  return { ...summaryOf(flag, inForce), variants: flag.variants, environments };
}

/** Publications of a flag in an environment, newest first, before `before`. */
export async function listPublications(
  db: Db,
  flagId: string,
  environment: string,
  before: number | null,
  limit: number,
): Promise<readonly Publication[]> {
  let query = db
    .selectFrom("flag_publications as p")
    .select([
      "p.environment",
      "p.revision",
      "p.digest",
      "p.action",
      "p.published_at",
      "p.published_by",
    ])
    .where("p.flag_id", "=", flagId)
    .where("p.environment", "=", environment);
  if (before !== null) query = query.where("p.revision", "<", before);
  const rows = await query.orderBy("p.revision", "desc").limit(limit).execute();
  return rows.map(publicationOf);
}
