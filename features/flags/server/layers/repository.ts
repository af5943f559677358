import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { Layer } from "../../domain/index.ts";

/** A layer as it is stored. */
export interface StoredLayer extends Layer {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Date;
  /** Since then nothing claims slots of it; it keeps its key and its ledger. */
  readonly archivedAt: Date | null;
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
  "flag_layers.archived_at",
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
  readonly archived_at: Date | null;
}

function layerOf({ carry_over_days, created_at, archived_at, ...row }: LayerRow): StoredLayer {
  return {
    ...row,
    carryOverDays: carry_over_days,
    createdAt: created_at,
    archivedAt: archived_at,
  };
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

/** @param archivedAt  null brings the layer back */
export async function setArchived(
  tx: Db,
  id: string,
  archivedAt: Date | null,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("flag_layers")
    .set((eb) => ({ archived_at: archivedAt, updated_at: now, version: eb("version", "+", 1) }))
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

/** Layers by key, from `after` on; those that are archived, or those that are not. */
export async function listLayers(
  db: Db,
  workspaceId: string,
  isArchived: boolean,
  after: string | null,
  limit: number,
): Promise<readonly StoredLayer[]> {
  let query = db
    .selectFrom("flag_layers")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("archived_at", isArchived ? "is not" : "is", null);
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
