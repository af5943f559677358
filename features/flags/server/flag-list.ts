import type { Db } from "@paceline/db";
import { sql } from "kysely";

import type { FlagSummary } from "../api.ts";
import { PROBE_FLAG_KEY, SHADOW_PREFIX, SHADOW_TAG } from "../domain/index.ts";
import type { Lifecycle } from "../domain/index.ts";
import { flagOf } from "./repository.ts";

export interface FlagFilters {
  /** Part of the key, of the description, or a whole tag. */
  readonly text: string | null;
  readonly kind: string | null;
  readonly initiativeId: string | null;
  readonly owner: string | null;
  readonly tag: string | null;
  readonly lifecycle: Lifecycle | null;
  /** Only flags that are in force there. */
  readonly environment: string | null;
  readonly archived: boolean;
  /** Also those that the product made for work of its own. */
  readonly internal: boolean;
}

/** By key, or by when it was made; the key decides between equals. */
export type FlagSort = "key" | "-key" | "created" | "-created";

/** The last flag that was shown. */
export interface ListPlace {
  readonly key: string;
  readonly createdAt: Date;
}

interface InForce {
  readonly flag_id: string;
  readonly environment: string;
  readonly revision: number;
  readonly published_at: Date;
  readonly digest: string | null;
  readonly enabled: boolean | null;
  readonly exposure: number | null;
  readonly targeted: boolean | null;
  readonly rules: number | null;
}

/**
 * Where each of the flags is in force now, and how far its widest rule is open. Reads one content for
 * each place: a page of 50 flags in three environments reads 150.
 */
async function readInForce(db: Db, flagIds: readonly string[]): Promise<readonly InForce[]> {
  if (flagIds.length === 0) return [];
  const { rows } = await sql<InForce>`
    with latest as (
      select distinct on (p.flag_id, p.environment)
        p.workspace_id, p.flag_id, p.environment, p.revision, p.published_at, p.digest
      from flag_publications p
      where p.flag_id = any(${flagIds}::uuid[])
      order by p.flag_id, p.environment, p.revision desc
    )
    select
      l.flag_id, l.environment, l.revision, l.published_at, l.digest,
      (c.configuration ->> 'enabled')::boolean as enabled,
      widest.exposure, widest.targeted,
      jsonb_array_length(c.configuration -> 'rules') as rules
    from latest l
    left join flag_revisions r on r.workspace_id = l.workspace_id and r.digest = l.digest
    cross join lateral (select r.content::jsonb -> 'configuration' as configuration) c
    left join lateral (
      select exposure, targeted from (
        select
          (rule.value ->> 'exposureShare')::float8 as exposure,
          jsonb_typeof(rule.value -> 'when') <> 'null'
            or coalesce(jsonb_array_length(rule.value -> 'gates'), 0) > 0
            or coalesce(jsonb_array_length(rule.value -> 'prerequisites'), 0) > 0 as targeted
        from jsonb_array_elements(c.configuration -> 'rules') as rule
      ) one
      order by one.exposure desc, one.targeted
      limit 1
    ) widest on true
    where l.digest is not null
    order by l.environment`.execute(db);
  return rows;
}

/** When each flag was last asked for by its key, in any environment. */
async function readLastAsked(
  db: Db,
  workspaceId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom("flag_usage as u")
    .select(({ fn }) => ["u.flag_key", fn.max("u.last_at").as("last_at")])
    .where("u.workspace_id", "=", workspaceId)
    .where("u.flag_key", "in", keys)
    .groupBy("u.flag_key")
    .execute();
  return new Map(rows.map(({ flag_key, last_at }) => [flag_key, last_at]));
}

type FlagRow = Parameters<typeof flagOf>[0] & { readonly created_at: Date };

function summaryOf(
  row: FlagRow,
  inForce: readonly InForce[],
  lastAsked: ReadonlyMap<string, Date>,
): FlagSummary {
  const flag = flagOf(row);
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
    createdAt: row.created_at.toISOString(),
    archivedAt: flag.archivedAt?.toISOString() ?? null,
    lastEvaluatedAt: lastAsked.get(key)?.toISOString() ?? null,
    version,
    published: inForce
      .filter(({ flag_id }) => flag_id === id)
      .map((place) => ({
        environment: place.environment,
        revision: place.revision,
        publishedAt: place.published_at.toISOString(),
        enabled: place.enabled ?? false,
        exposureShare: place.exposure ?? 0,
        targeted: place.targeted ?? false,
        rules: place.rules ?? 0,
      })),
  };
}

async function summariesOf(
  db: Db,
  workspaceId: string,
  rows: readonly FlagRow[],
): Promise<readonly FlagSummary[]> {
  const inForce = await readInForce(
    db,
    rows.map(({ id }) => id),
  );
  const keys = rows.map(({ key }) => key);
  const lastAsked = await readLastAsked(db, workspaceId, keys);
  return rows.map((row) => summaryOf(row, inForce, lastAsked));
}

/**
 * Whether the product made the flag for work of its own: the shadow of a rehearsal, the flag that says
 * of units in which slice of a holdout they are, or the parity probe.
 */
const isInternal = sql<boolean>`(
  flags.key = ${PROBE_FLAG_KEY}
  or (starts_with(flags.key, ${SHADOW_PREFIX}) and ${SHADOW_TAG} = any(flags.tags))
  or exists (
    select from flag_holdouts h
    where h.workspace_id = flags.workspace_id and h.flag_key = flags.key
  ))`;

/** The flags of a workspace that fit, with those that the product made. */
function fitting(db: Db, workspaceId: string, filters: FlagFilters) {
  let query = db
    .selectFrom("flags")
    .selectAll("flags")
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.archived_at", filters.archived ? "is not" : "is", null);
  const { kind, initiativeId, owner, lifecycle, tag, text, environment } = filters;
  if (kind !== null) query = query.where("flags.kind", "=", kind);
  if (initiativeId !== null) query = query.where("flags.initiative_id", "=", initiativeId);
  if (owner !== null) query = query.where("flags.owner", "=", owner);
  if (lifecycle !== null) query = query.where("flags.lifecycle", "=", lifecycle);
  if (tag !== null) query = query.where(sql<boolean>`${tag} = any(flags.tags)`);
  if (text !== null) {
    const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where((eb) =>
      eb.or([
        eb("flags.key", "ilike", pattern),
        eb("flags.description", "ilike", pattern),
        sql<boolean>`${text.toLowerCase()} = any(flags.tags)`,
      ]),
    );
  }
  if (environment !== null) {
    query = query.where(sql<boolean>`(
      select p.digest is not null from flag_publications p
      where p.flag_id = flags.id and p.environment = ${environment}
      order by p.revision desc limit 1)`);
  }
  return query;
}

/** Flags that fit, in order, from `after` on. */
export async function listFlags(
  db: Db,
  workspaceId: string,
  filters: FlagFilters,
  sort: FlagSort,
  after: ListPlace | null,
  limit: number,
): Promise<readonly FlagSummary[]> {
  const isDown = sort.startsWith("-");
  const byKey = sort.endsWith("key");
  const direction = isDown ? "desc" : "asc";
  let query = fitting(db, workspaceId, filters);
  if (!filters.internal) query = query.where(sql<boolean>`not ${isInternal}`);
  if (after !== null && byKey) query = query.where("flags.key", isDown ? "<" : ">", after.key);
  if (after !== null && !byKey) {
    query = query.where(
      isDown
        ? sql<boolean>`(flags.created_at, flags.key) < (${after.createdAt}, ${after.key})`
        : sql<boolean>`(flags.created_at, flags.key) > (${after.createdAt}, ${after.key})`,
    );
  }
  if (!byKey) query = query.orderBy("flags.created_at", direction);
  const rows = await query.orderBy("flags.key", direction).limit(limit).execute();
  return summariesOf(db, workspaceId, rows);
}

/** How many of those that fit the product made for work of its own, and are left out of the list. */
export async function countHidden(
  db: Db,
  workspaceId: string,
  filters: FlagFilters,
): Promise<number> {
  if (filters.internal) return 0;
  const { hidden } = await fitting(db, workspaceId, filters)
    .where(isInternal)
    .clearSelect()
    .select(({ fn }) => fn.countAll<string>().as("hidden"))
    .executeTakeFirstOrThrow();
  return Number(hidden);
}

/** One flag as it stands in the list. */
export async function readSummary(
  db: Db,
  workspaceId: string,
  key: string,
): Promise<FlagSummary | null> {
  const rows = await db
    .selectFrom("flags")
    .selectAll("flags")
    .where("flags.workspace_id", "=", workspaceId)
    .where("flags.key", "=", key)
    .execute();
  const [summary] = await summariesOf(db, workspaceId, rows);
  return summary ?? null;
}
