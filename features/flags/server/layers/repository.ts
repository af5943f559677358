import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { Layer, SlotEntry } from "../../domain/index.ts";

/** A layer as it is stored. */
export interface StoredLayer extends Layer {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Date;
}

const COLUMNS = [
  "flag_layers.id",
  "flag_layers.key",
  "flag_layers.name",
  "flag_layers.description",
  "flag_layers.unit",
  "flag_layers.salt",
  "flag_layers.carry_over_days",
  "flag_layers.version",
  "flag_layers.created_at",
] as const;

interface LayerRow {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly salt: string;
  readonly carry_over_days: number;
  readonly version: number;
  readonly created_at: Date;
}

function layerOf({ carry_over_days, created_at, ...row }: LayerRow): StoredLayer {
  return { ...row, carryOverDays: carry_over_days, createdAt: created_at };
}

/** @returns false if the key is taken */
export async function insertLayer(
  tx: Db,
  ctx: CommandContext,
  id: string,
  layer: Layer,
): Promise<boolean> {
  const inserted = await tx
    .insertInto("flag_layers")
    .values({
      id,
      workspace_id: ctx.workspaceId,
      key: layer.key,
      name: layer.name,
      description: layer.description,
      unit: layer.unit,
      salt: layer.salt,
      carry_over_days: layer.carryOverDays,
      created_at: ctx.now,
      updated_at: ctx.now,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "key"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function updateLayer(
  tx: Db,
  id: string,
  layer: Pick<Layer, "name" | "description" | "carryOverDays">,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("flag_layers")
    .set((eb) => ({
      name: layer.name,
      description: layer.description,
      carry_over_days: layer.carryOverDays,
      updated_at: now,
      version: eb("version", "+", 1),
    }))
    .where("id", "=", id)
    .execute();
}

export async function readLayer(
  db: Db,
  workspaceId: string,
  key: string,
): Promise<StoredLayer | null> {
  const row = await db
    .selectFrom("flag_layers")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? null : layerOf(row);
}

/** Layers by key, from `after` on. */
export async function listLayers(
  db: Db,
  workspaceId: string,
  after: string | null,
  limit: number,
): Promise<readonly StoredLayer[]> {
  let query = db.selectFrom("flag_layers").select(COLUMNS).where("workspace_id", "=", workspaceId);
  if (after !== null) query = query.where("key", ">", after);
  const rows = await query.orderBy("key").limit(limit).execute();
  return rows.map(layerOf);
}

/** Reads layers and holds them until the transaction ends; always in the order of their keys. */
export async function lockLayers(
  tx: Db,
  workspaceId: string,
  keys: readonly string[],
): Promise<readonly StoredLayer[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .selectFrom("flag_layers")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("key", "in", keys)
    .orderBy("key")
    .forUpdate()
    .execute();
  return rows.map(layerOf);
}

/** A line of the ledger with its place and the revision that wrote it. */
export interface LedgerEntry extends SlotEntry {
  readonly position: number;
  readonly revision: number;
}

const ENTRY_COLUMNS = [
  "position",
  "revision",
  "action",
  "from_part",
  "to_part",
  "flag_key",
  "rule_id",
  "experiment_id",
  "at",
  "quarantined_until",
] as const;

interface EntryRow {
  readonly position: number;
  readonly revision: number;
  readonly action: string;
  readonly from_part: number;
  readonly to_part: number;
  readonly flag_key: string;
  readonly rule_id: string;
  readonly experiment_id: string | null;
  readonly at: Date;
  readonly quarantined_until: Date | null;
}

function entryOf(row: EntryRow): LedgerEntry {
  return {
    position: row.position,
    revision: row.revision,
    action: row.action === "taken" ? "taken" : "freed",
    range: [row.from_part, row.to_part],
    holder: { flagKey: row.flag_key, ruleId: row.rule_id },
    experimentId: row.experiment_id,
    at: row.at,
    quarantinedUntil: row.quarantined_until,
  };
}

/** A layer's ledger in an environment, oldest line first. */
export async function readLedger(
  db: Db,
  layerId: string,
  environment: string,
): Promise<readonly LedgerEntry[]> {
  const rows = await db
    .selectFrom("flag_layer_slots")
    .select(ENTRY_COLUMNS)
    .where("layer_id", "=", layerId)
    .where("environment", "=", environment)
    .orderBy("position")
    .execute();
  return rows.map(entryOf);
}

/** A page of a ledger, newest line first, before `before`. */
export async function listLedger(
  db: Db,
  layerId: string,
  environment: string,
  before: number | null,
  limit: number,
): Promise<readonly LedgerEntry[]> {
  let query = db
    .selectFrom("flag_layer_slots")
    .select(ENTRY_COLUMNS)
    .where("layer_id", "=", layerId)
    .where("environment", "=", environment);
  if (before !== null) query = query.where("position", "<", before);
  const rows = await query.orderBy("position", "desc").limit(limit).execute();
  return rows.map(entryOf);
}

export async function insertEntries(
  tx: Db,
  workspaceId: string,
  layerId: string,
  place: { readonly environment: string; readonly revision: number },
  entries: readonly SlotEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx
    .insertInto("flag_layer_slots")
    .values(
      entries.map(({ action, range: [from, to], holder, experimentId, at, quarantinedUntil }) => ({
        workspace_id: workspaceId,
        layer_id: layerId,
        ...place,
        action,
        from_part: from,
        to_part: to,
        flag_key: holder.flagKey,
        rule_id: holder.ruleId,
        experiment_id: experimentId,
        at,
        quarantined_until: quarantinedUntil,
      })),
    )
    .execute();
}
