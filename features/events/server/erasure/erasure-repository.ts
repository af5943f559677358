import { createHash } from "node:crypto";

import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import { ErasureReceiptSchema } from "./receipt.ts";
import type { ErasureReceipt } from "./receipt.ts";

export interface RecordedErasure {
  readonly receipt: ErasureReceipt;
  readonly receiptSha256: string;
}

/** Of the line that the ledger has. */
export function receiptSha256(receipt: ErasureReceipt): string {
  return createHash("sha256").update(JSON.stringify(receipt)).digest("hex");
}

/** @returns false if the receipt was recorded before */
export async function insertErasure(tx: Db, receipt: ErasureReceipt): Promise<boolean> {
  const inserted = await tx
    .insertInto("event_erasures")
    .values({
      id: receipt.id,
      workspace_id: receipt.workspace,
      completed_at: new Date(receipt.completedAt),
      receipt: JSON.stringify(receipt),
      receipt_sha256: receiptSha256(receipt),
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function findErasure(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<RecordedErasure | null> {
  const row = await db
    .selectFrom("event_erasures")
    .select(["receipt", "receipt_sha256"])
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : recorded(row);
}

/** The newest first, after the given one. */
export async function listErasures(
  db: Db,
  workspaceId: string,
  limit: number,
  after: { readonly completedAt: Date; readonly id: string } | null,
): Promise<readonly RecordedErasure[]> {
  let query = db
    .selectFrom("event_erasures")
    .select(["receipt", "receipt_sha256"])
    .where("workspace_id", "=", workspaceId)
    .orderBy("completed_at", "desc")
    .orderBy("id", "desc")
    .limit(limit);
  if (after !== null) {
    query = query.where((where) =>
      where.or([
        where("completed_at", "<", after.completedAt),
        where.and([where("completed_at", "=", after.completedAt), where("id", "<", after.id)]),
      ]),
    );
  }
  return (await query.execute()).map(recorded);
}

function recorded(row: {
  readonly receipt: unknown;
  readonly receipt_sha256: string;
}): RecordedErasure {
  return {
    receipt: Value.Parse(ErasureReceiptSchema, row.receipt),
    receiptSha256: row.receipt_sha256,
  };
}
