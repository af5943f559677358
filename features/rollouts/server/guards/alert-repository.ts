import type { Db } from "@paceline/db";
import { sql } from "kysely";
import { Type } from "typebox";
import { Value } from "typebox/value";

import type { FiringAlert } from "../../domain/index.ts";

const Texts = Type.Record(Type.String(), Type.String());

/** Where another system may send its alerts; the token itself is not kept. */
export interface AlertReceiver {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** One alert as it is stored. */
export interface StoredAlert extends FiringAlert {
  readonly receiverId: string;
  readonly status: "firing" | "resolved";
  readonly annotations: Readonly<Record<string, string>>;
  readonly endsAt: Date | null;
}

const RECEIVER_COLUMNS = [
  "id",
  "workspace_id",
  "name",
  "created_by",
  "created_at",
  "last_used_at",
  "revoked_at",
] as const;

interface ReceiverRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly created_by: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

function receiverOf(row: ReceiverRow): AlertReceiver {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    createdBy: row.created_by,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}

export async function insertReceiver(
  db: Db,
  receiver: AlertReceiver,
  tokenHash: Buffer,
): Promise<void> {
  await db
    .insertInto("alert_receivers")
    .values({
      id: receiver.id,
      workspace_id: receiver.workspaceId,
      name: receiver.name,
      token_hash: tokenHash,
      created_by: receiver.createdBy,
      created_at: receiver.createdAt,
    })
    .execute();
}

export async function listReceivers(
  db: Db,
  workspaceId: string,
): Promise<readonly AlertReceiver[]> {
  const rows = await db
    .selectFrom("alert_receivers")
    .select(RECEIVER_COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .orderBy("created_at")
    .execute();
  return rows.map(receiverOf);
}

/** The receiver of a token that was not revoked, or null. */
export async function findReceiver(db: Db, tokenHash: Buffer): Promise<AlertReceiver | null> {
  const row = await db
    .selectFrom("alert_receivers")
    .select(RECEIVER_COLUMNS)
    .where("token_hash", "=", tokenHash)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return row === undefined ? null : receiverOf(row);
}

/** @returns null if there is none that is not revoked */
export async function revokeReceiver(
  db: Db,
  workspaceId: string,
  id: string,
  now: Date,
): Promise<AlertReceiver | null> {
  const row = await db
    .updateTable("alert_receivers")
    .set({ revoked_at: now })
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returning(RECEIVER_COLUMNS)
    .executeTakeFirst();
  return row === undefined ? null : receiverOf(row);
}

export async function touchReceiver(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable("alert_receivers").set({ last_used_at: now }).where("id", "=", id).execute();
}

/**
 * Takes alerts over, one row for each fingerprint of a receiver; what is about an earlier firing of
 * an alert than the known one changes nothing, in whatever order it comes.
 *
 * @returns fingerprints that began to fire, or ended, by it
 */
export async function mergeAlerts(
  db: Db,
  receiver: AlertReceiver,
  alerts: readonly Omit<StoredAlert, "receiverId">[],
): Promise<readonly { readonly fingerprint: string; readonly status: string }[]> {
  const json = JSON.stringify(
    alerts.map((alert) => ({
      ...alert,
      startsAt: alert.startsAt.toISOString(),
      endsAt: alert.endsAt?.toISOString() ?? null,
      receivedAt: alert.receivedAt.toISOString(),
    })),
  );
  const { rows } = await sql<{ fingerprint: string; status: string }>`
    with sent as (
      select sent."fingerprint", sent."status", sent."labels", sent."annotations",
             sent."startsAt", sent."endsAt", sent."receivedAt"
      from jsonb_to_recordset(${json}::jsonb) as sent (
        "fingerprint" text, "status" text, "labels" jsonb, "annotations" jsonb,
        "startsAt" timestamptz, "endsAt" timestamptz, "receivedAt" timestamptz
      )
    ), before as (
      select alerts.fingerprint, alerts.status
      from alerts
      where alerts.receiver_id = ${receiver.id}
        and alerts.fingerprint in (select sent."fingerprint" from sent)
    ), merged as (
      insert into alerts (receiver_id, fingerprint, workspace_id, status, labels, annotations,
                          starts_at, ends_at, received_at)
      select ${receiver.id}, sent."fingerprint", ${receiver.workspaceId}, sent."status", sent."labels",
             sent."annotations", sent."startsAt", sent."endsAt", sent."receivedAt"
      from sent
      on conflict (receiver_id, fingerprint) do update
        set status = excluded.status, labels = excluded.labels, annotations = excluded.annotations,
            starts_at = excluded.starts_at, ends_at = excluded.ends_at,
            received_at = excluded.received_at
        where excluded.starts_at >= alerts.starts_at
      returning alerts.fingerprint, alerts.status
    )
    select merged.fingerprint, merged.status
    from merged left join before on before.fingerprint = merged.fingerprint
    where before.status is distinct from merged.status
      and (merged.status = 'firing' or before.status is not null)`.execute(db);
  return rows;
}

/** Forgets what was resolved long ago. */
export async function forgetResolved(db: Db, receiverId: string, before: Date): Promise<void> {
  await db
    .deleteFrom("alerts")
    .where("receiver_id", "=", receiverId)
    .where("status", "=", "resolved")
    .where("received_at", "<", before)
    .execute();
}

/** Firing alerts of receivers that were not revoked, and whether there is such a receiver. */
export async function listFiring(
  db: Db,
  workspaceId: string,
): Promise<{ readonly firing: readonly FiringAlert[]; readonly hasReceiver: boolean }> {
  const rows = await db
    .selectFrom("alert_receivers")
    .leftJoin("alerts", (join) =>
      join
        .onRef("alerts.receiver_id", "=", "alert_receivers.id")
        .on("alerts.status", "=", "firing"),
    )
    .select(["alerts.fingerprint", "alerts.labels", "alerts.starts_at", "alerts.received_at"])
    .where("alert_receivers.workspace_id", "=", workspaceId)
    .where("alert_receivers.revoked_at", "is", null)
    .execute();
  const firing = rows.flatMap(({ fingerprint, labels, starts_at, received_at }) =>
    fingerprint === null || starts_at === null || received_at === null
      ? []
      : [
          {
            fingerprint,
            labels: Value.Parse(Texts, labels),
            startsAt: starts_at,
            receivedAt: received_at,
          },
        ],
  );
  return { firing, hasReceiver: rows.length > 0 };
}

/** The alerts of a workspace, those heard of last first. */
export async function listAlerts(
  db: Db,
  workspaceId: string,
  limit: number,
): Promise<readonly StoredAlert[]> {
  const rows = await db
    .selectFrom("alerts")
    .select([
      "receiver_id",
      "fingerprint",
      "status",
      "labels",
      "annotations",
      "starts_at",
      "ends_at",
      "received_at",
    ])
    .where("workspace_id", "=", workspaceId)
    .orderBy("received_at", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    receiverId: row.receiver_id,
    fingerprint: row.fingerprint,
    status: row.status === "firing" ? "firing" : "resolved",
    labels: Value.Parse(Texts, row.labels),
    annotations: Value.Parse(Texts, row.annotations),
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    receivedAt: row.received_at,
  }));
}
