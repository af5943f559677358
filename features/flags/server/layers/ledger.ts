import type { Db } from "@paceline/db";

import { standingLines } from "../../domain/index.ts";
import type { SlotEntry } from "../../domain/index.ts";

/** A line of the ledger with its place and the revision that wrote it. */
export interface LedgerEntry extends SlotEntry {
  readonly position: number;
  readonly revision: number;
}

const ENTRY_COLUMNS = [
  "l.position",
  "l.revision",
  "l.action",
  "l.from_part",
  "l.to_part",
  "l.flag_key",
  "l.rule_id",
  "l.experiment_id",
  "l.at",
  "l.quarantined_until",
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

/**
 * The lines of a layer's ledger in an environment that still say something of a part, oldest first:
 * as many as the layer has stretches, however long its history is.
 */
export async function readStanding(
  db: Db,
  layerId: string,
  environment: string,
): Promise<readonly LedgerEntry[]> {
  const rows = await db
    .selectFrom("flag_layer_standing as s")
    .innerJoin("flag_layer_slots as l", "l.position", "s.position")
    .select(ENTRY_COLUMNS)
    .where("s.layer_id", "=", layerId)
    .where("s.environment", "=", environment)
    .orderBy("s.position")
    .execute();
  return rows.map(entryOf);
}

/** Environments in which slots of a layer were ever taken. */
export async function readLayerEnvironments(db: Db, layerId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("flag_layer_standing")
    .select("environment")
    .distinct()
    .where("layer_id", "=", layerId)
    .orderBy("environment")
    .execute();
  return rows.map(({ environment }) => environment);
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
    .selectFrom("flag_layer_slots as l")
    .select(ENTRY_COLUMNS)
    .where("l.layer_id", "=", layerId)
    .where("l.environment", "=", environment);
  if (before !== null) query = query.where("l.position", "<", before);
  const rows = await query.orderBy("l.position", "desc").limit(limit).execute();
  return rows.map(entryOf);
}

/**
 * Adds lines to a ledger.
 *
 * @param standing  the lines that stood before; those that the new ones hide stand no longer
 */
export async function insertEntries(
  tx: Db,
  workspaceId: string,
  layerId: string,
  place: { readonly environment: string; readonly revision: number },
  standing: readonly LedgerEntry[],
  entries: readonly SlotEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const rows = await tx
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
    .returning("position")
    .execute();
  const { environment, revision } = place;
  const added = rows.flatMap(({ position }, index) => {
    const entry = entries[index];
    return entry === undefined ? [] : [{ ...entry, position, revision }];
  });
  await stand(tx, layerId, environment, standing, added);
}

async function stand(
  tx: Db,
  layerId: string,
  environment: string,
  before: readonly LedgerEntry[],
  added: readonly LedgerEntry[],
): Promise<void> {
  const stays = new Set(standingLines([...before, ...added]).map(({ position }) => position));
  const hidden = before.map(({ position }) => position).filter((one) => !stays.has(one));
  if (hidden.length > 0) {
    await tx
      .deleteFrom("flag_layer_standing")
      .where("layer_id", "=", layerId)
      .where("environment", "=", environment)
      .where("position", "in", hidden)
      .execute();
  }
  const lines = added.filter(({ position }) => stays.has(position));
  if (lines.length === 0) return;
  await tx
    .insertInto("flag_layer_standing")
    .values(lines.map(({ position }) => ({ layer_id: layerId, environment, position })))
    .execute();
}
