import type { AuditRow, PersonalField } from "@paceline/audit-verifier";
import type { Db } from "@paceline/db";
import { sql } from "kysely";
import type { SqlBool } from "kysely";

/** Rows read at once. */
const BATCH = 1000;

/**
 * The rows of a workspace's log in the order of their index, read in batches.
 *
 * @param from          first index
 * @param withPersonal  whether personal values come along
 */
export async function* readRows(
  db: Db,
  workspaceId: string,
  from: number,
  withPersonal: boolean,
): AsyncGenerator<AuditRow, void, undefined> {
  for (let next = from; ;) {
    const batch = await readBatch(db, workspaceId, next, withPersonal);
    yield* batch;
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) return;
    next = last.index + 1;
  }
}

/** The row at an index, with its personal values; null if there is none. */
export async function readRow(
  db: Db,
  workspaceId: string,
  index: number,
): Promise<AuditRow | null> {
  const [row] = await readBatch(db, workspaceId, index, true, index + 1);
  return row ?? null;
}

async function readBatch(
  db: Db,
  workspaceId: string,
  from: number,
  withPersonal: boolean,
  to: number = Number.MAX_SAFE_INTEGER,
): Promise<AuditRow[]> {
  const rows = await db
    .selectFrom("audit_entries as entry")
    .leftJoin("audit_payloads as payload", (join) =>
      join
        .onRef("payload.workspace_id", "=", "entry.workspace_id")
        .onRef("payload.entry_id", "=", "entry.id"),
    )
    .select([
      "entry.leaf_index",
      "entry.id",
      "entry.occurred_at",
      "entry.action",
      "entry.actor_kind",
      "entry.actor_id",
      "entry.subject_kind",
      "entry.subject_id",
      "entry.leaf",
      "entry.leaf_hash",
      "payload.detail",
    ])
    .where("entry.workspace_id", "=", workspaceId)
    .where("entry.leaf_index", ">=", from)
    .where("entry.leaf_index", "<", to)
    .orderBy("entry.leaf_index")
    .limit(BATCH)
    .execute();
  const ids = rows.map((row) => row.id);
  const personal = withPersonal ? await readPersonal(db, workspaceId, ids) : new Map();
  return rows.map((row) => ({
    index: row.leaf_index,
    id: row.id,
    workspace: workspaceId,
    at: row.occurred_at.toISOString(),
    action: row.action,
    actor: { kind: row.actor_kind, id: row.actor_id },
    subject: { kind: row.subject_kind, id: row.subject_id },
    leaf: row.leaf,
    leafHash: row.leaf_hash,
    personal: personal.get(row.id) ?? [],
    payload: row.detail,
  }));
}

/** Personal values that have not been erased, by the id of their entry. */
export async function readPersonal(
  db: Db,
  workspaceId: string,
  entryIds: readonly string[],
): Promise<Map<string, PersonalField[]>> {
  const fields = new Map<string, PersonalField[]>();
  if (entryIds.length === 0) return fields;
  const rows = await db
    .selectFrom("audit_personal as personal")
    .select(["personal.entry_id", "personal.name", "personal.value", "personal.salt"])
    .where("personal.workspace_id", "=", workspaceId)
    .where(sql<SqlBool>`personal.entry_id = any(${entryIds}::uuid[])`)
    .orderBy("personal.name")
    .execute();
  for (const { entry_id: entryId, name, value, salt } of rows)
    fields.set(entryId, [...(fields.get(entryId) ?? []), { name, value, salt }]);
  return fields;
}
