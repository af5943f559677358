import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import type { Holdout, HoldoutState } from "../../domain/index.ts";
import { HoldoutScopeSchema, HoldoutStateSchema } from "../../holdout-api.ts";

/** A holdout as it is stored. */
export interface StoredHoldout extends Holdout {
  readonly id: string;
  readonly workspaceId: string;
  /** The flag that says which slice a unit is in. */
  readonly flagKey: string;
  readonly stateSince: Date;
  readonly version: number;
  readonly createdAt: Date;
}

/** A flag under a holdout. */
export interface HeldFlag {
  readonly flagId: string;
  readonly flagKey: string;
  readonly attachedAt: Date;
  readonly attachedRevision: number;
  /** Why what the holdout says of this flag is not sound; null while it is. */
  readonly bias: string | null;
}

const COLUMNS = [
  "h.id",
  "h.workspace_id",
  "h.key",
  "h.name",
  "h.description",
  "h.environment",
  "h.scope",
  "h.share",
  "h.unit",
  "h.salt",
  "h.state",
  "h.measuring_from",
  "h.closes_at",
  "h.flag_key",
  "h.state_since",
  "h.version",
  "h.created_at",
] as const;

interface HoldoutRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly environment: string;
  readonly scope: unknown;
  readonly share: number;
  readonly unit: string;
  readonly salt: string;
  readonly state: string;
  readonly measuring_from: Date | null;
  readonly closes_at: Date | null;
  readonly flag_key: string;
  readonly state_since: Date;
  readonly version: number;
  readonly created_at: Date;
}

function holdoutOf(row: HoldoutRow): StoredHoldout {
  const { id, key, name, description, environment, share, unit, salt, version } = row;
  return {
    id,
    key,
    name,
    description,
    environment,
    share,
    unit,
    salt,
    version,
    workspaceId: row.workspace_id,
    scope: Value.Parse(HoldoutScopeSchema, row.scope),
    state: Value.Parse(HoldoutStateSchema, row.state),
    measuringFrom: row.measuring_from?.toISOString() ?? null,
    closesAt: row.closes_at?.toISOString() ?? null,
    flagKey: row.flag_key,
    stateSince: row.state_since,
    createdAt: row.created_at,
  };
}

/** @returns false if the key is taken */
export async function insertHoldout(
  tx: Db,
  ctx: CommandContext,
  holdout: Holdout & { readonly id: string; readonly flagKey: string },
): Promise<boolean> {
  const { id, key, name, description, environment, share, unit, salt, state } = holdout;
  const inserted = await tx
    .insertInto("flag_holdouts")
    .values({
      id,
      key,
      name,
      description,
      environment,
      share,
      unit,
      salt,
      state,
      workspace_id: ctx.workspaceId,
      scope: JSON.stringify(holdout.scope),
      measuring_from: holdout.measuringFrom,
      closes_at: holdout.closesAt,
      flag_key: holdout.flagKey,
      state_since: ctx.now,
      created_at: ctx.now,
      updated_at: ctx.now,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "key"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Writes what may change of a holdout. */
export async function updateHoldout(
  tx: Db,
  id: string,
  change: Partial<Pick<Holdout, "name" | "description" | "measuringFrom" | "closesAt">>,
  now: Date,
): Promise<void> {
  const { measuringFrom, closesAt, ...words } = change;
  await tx
    .updateTable("flag_holdouts")
    .set((eb) => ({
      ...words,
      ...(measuringFrom === undefined ? {} : { measuring_from: measuringFrom }),
      ...(closesAt === undefined ? {} : { closes_at: closesAt }),
      updated_at: now,
      version: eb("version", "+", 1),
    }))
    .where("id", "=", id)
    .execute();
}

export async function setState(tx: Db, id: string, state: HoldoutState, now: Date): Promise<void> {
  await tx
    .updateTable("flag_holdouts")
    .set((eb) => ({ state, state_since: now, updated_at: now, version: eb("version", "+", 1) }))
    .where("id", "=", id)
    .execute();
}

export async function readHoldout(
  db: Db,
  workspaceId: string,
  key: string,
): Promise<StoredHoldout | null> {
  const row = await db
    .selectFrom("flag_holdouts as h")
    .select(COLUMNS)
    .where("h.workspace_id", "=", workspaceId)
    .where("h.key", "=", key)
    .executeTakeFirst();
  return row === undefined ? null : holdoutOf(row);
}

/** Reads a holdout and holds it until the transaction ends; after the rows of its flags. */
export async function lockHoldout(
  tx: Db,
  workspaceId: string,
  key: string,
): Promise<StoredHoldout | null> {
  const row = await tx
    .selectFrom("flag_holdouts as h")
    .select(COLUMNS)
    .where("h.workspace_id", "=", workspaceId)
    .where("h.key", "=", key)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : holdoutOf(row);
}

/** Holdouts by key, from `after` on. */
export async function listHoldouts(
  db: Db,
  workspaceId: string,
  filters: { readonly environment: string | null; readonly state: HoldoutState | null },
  after: string | null,
  limit: number,
): Promise<readonly StoredHoldout[]> {
  let query = db
    .selectFrom("flag_holdouts as h")
    .select(COLUMNS)
    .where("h.workspace_id", "=", workspaceId);
  if (filters.environment !== null) {
    query = query.where("h.environment", "=", filters.environment);
  }
  if (filters.state !== null) query = query.where("h.state", "=", filters.state);
  if (after !== null) query = query.where("h.key", ">", after);
  const rows = await query.orderBy("h.key").limit(limit).execute();
  return rows.map(holdoutOf);
}

/** Holdouts that are due to go on by their windows, in all workspaces. */
export async function readDue(db: Db, now: Date): Promise<readonly StoredHoldout[]> {
  const rows = await db
    .selectFrom("flag_holdouts as h")
    .select(COLUMNS)
    .where("h.state", "<>", "closed")
    .where((eb) =>
      eb.or([
        eb("h.closes_at", "<=", now),
        eb.and([eb("h.state", "=", "active"), eb("h.measuring_from", "<=", now)]),
      ]),
    )
    .orderBy("h.key")
    .execute();
  return rows.map(holdoutOf);
}

/**
 * The holdouts of an environment that are not closed, with whether a flag is under each. They are
 * held until the transaction ends, so that none closes under a publication.
 */
export async function lockOpenHoldouts(
  tx: Db,
  workspaceId: string,
  environment: string,
  flagId: string,
): Promise<readonly { readonly holdout: StoredHoldout; readonly isAttached: boolean }[]> {
  const rows = await tx
    .selectFrom("flag_holdouts as h")
    .select(COLUMNS)
    .where("h.workspace_id", "=", workspaceId)
    .where("h.environment", "=", environment)
    .where("h.state", "<>", "closed")
    .orderBy("h.key")
    .forShare()
    .execute();
  const attached = await tx
    .selectFrom("flag_holdout_flags as a")
    .select("a.holdout_id")
    .where("a.flag_id", "=", flagId)
    .execute();
  const under = new Set(attached.map(({ holdout_id }) => holdout_id));
  return rows.map((row) => ({ holdout: holdoutOf(row), isAttached: under.has(row.id) }));
}

/** Puts a flag under a holdout, or says why what the holdout says of it is not sound any more. */
export async function attachFlag(
  tx: Db,
  holdoutId: string,
  flag: { readonly id: string; readonly revision: number; readonly bias: string | null },
  now: Date,
): Promise<void> {
  await tx
    .insertInto("flag_holdout_flags")
    .values({
      holdout_id: holdoutId,
      flag_id: flag.id,
      attached_at: now,
      attached_revision: flag.revision,
      bias: flag.bias,
      biased_at: flag.bias === null ? null : now,
    })
    .onConflict((conflict) =>
      conflict.columns(["holdout_id", "flag_id"]).doUpdateSet((eb) => ({
        // The first reason stays: it says since when.
        bias: eb.fn.coalesce("flag_holdout_flags.bias", "excluded.bias"),
        biased_at: eb.fn.coalesce("flag_holdout_flags.biased_at", "excluded.biased_at"),
      })),
    )
    .execute();
}

/** The flags under a holdout, by key. */
export async function readHeldFlags(db: Db, holdoutId: string): Promise<readonly HeldFlag[]> {
  const rows = await db
    .selectFrom("flag_holdout_flags as a")
    .innerJoin("flags as f", "f.id", "a.flag_id")
    .select(["a.flag_id", "f.key", "a.attached_at", "a.attached_revision", "a.bias"])
    .where("a.holdout_id", "=", holdoutId)
    .orderBy("f.key")
    .execute();
  return rows.map((row) => ({
    flagId: row.flag_id,
    flagKey: row.key,
    attachedAt: row.attached_at,
    attachedRevision: row.attached_revision,
    bias: row.bias,
  }));
}
