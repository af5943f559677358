import type { Db } from "@paceline/db";
import { sql } from "kysely";
import { Type } from "typebox";
import { Value } from "typebox/value";

import type { LatencyCounts } from "../domain/index.ts";
import { SUBSCRIBER_PROTOCOLS } from "./subscribers.ts";
import type { ClientGroup, ReceiptCounts, SubscriberProtocol } from "./subscribers.ts";

// Three heartbeats: a process that was busy for one is not dead.
const DEAD_AFTER = sql`interval '15 seconds'`;
const SWEPT_AFTER = sql`interval '10 minutes'`;

/** The clients of one environment on one process. */
export interface PlaceGroups {
  readonly workspaceId: string;
  readonly environment: string;
  readonly groups: readonly ClientGroup[];
}

/**
 * Says that a process is alive, and forgets those that are long dead.
 *
 * @returns whether it was unknown: then its clients must be written anew
 */
export async function beatSession(db: Db, session: string): Promise<boolean> {
  const { rows } = await sql<{ is_new: boolean }>`
    insert into flag_subscriber_sessions (session, heartbeat_at) values (${session}, now())
    on conflict (session) do update set heartbeat_at = excluded.heartbeat_at
    returning (xmax = 0) as is_new`.execute(db);
  await sql`delete from flag_subscriber_sessions
    where heartbeat_at < now() - ${SWEPT_AFTER}`.execute(db);
  return rows[0]?.is_new === true;
}

export async function removeSession(db: Db, session: string): Promise<void> {
  await db.deleteFrom("flag_subscriber_sessions").where("session", "=", session).execute();
}

/** Replaces what a process wrote of its clients in some environments. */
export async function writeGroups(
  tx: Db,
  session: string,
  places: readonly PlaceGroups[],
): Promise<void> {
  for (const { workspaceId, environment } of places) {
    await tx
      .deleteFrom("flag_clients")
      .where("workspace_id", "=", workspaceId)
      .where("environment", "=", environment)
      .where("session", "=", session)
      .execute();
  }
  const values = places.flatMap(({ workspaceId, environment, groups }) =>
    groups.map((group) => ({ session, workspace_id: workspaceId, environment, ...group })),
  );
  if (values.length > 0) await tx.insertInto("flag_clients").values(values).execute();
}

function countsJson(counts: LatencyCounts): string {
  return JSON.stringify(Object.fromEntries(counts));
}

function instant(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

/** Writes what a process has counted so far; it only ever counts up. */
export async function writeReceipts(
  tx: Db,
  session: string,
  receipts: readonly ReceiptCounts[],
): Promise<void> {
  if (receipts.length === 0) return;
  await tx
    .insertInto("flag_receipts")
    .values(
      receipts.map((one) => ({
        workspace_id: one.workspaceId,
        environment: one.environment,
        revision: one.revision,
        protocol: one.protocol,
        session,
        published_at: new Date(one.publishedAtMs),
        expected: one.expected,
        left_early: one.left,
        delivered: one.delivered,
        acknowledged: one.acknowledged,
        delivered_ms: countsJson(one.deliveredMs),
        acknowledged_ms: countsJson(one.acknowledgedMs),
        first_at: instant(one.firstAtMs),
        last_ms: one.lastMs,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(["workspace_id", "environment", "revision", "protocol", "session"])
        .doUpdateSet((eb) => ({
          published_at: eb.ref("excluded.published_at"),
          expected: eb.ref("excluded.expected"),
          left_early: eb.ref("excluded.left_early"),
          delivered: eb.ref("excluded.delivered"),
          acknowledged: eb.ref("excluded.acknowledged"),
          delivered_ms: eb.ref("excluded.delivered_ms"),
          acknowledged_ms: eb.ref("excluded.acknowledged_ms"),
          first_at: eb.ref("excluded.first_at"),
          last_ms: eb.ref("excluded.last_ms"),
        })),
    )
    .execute();
}

function protocolOf(text: string): SubscriberProtocol {
  return SUBSCRIBER_PROTOCOLS.find((known) => known === text) ?? "sdk";
}

const CountsSchema = Type.Record(Type.String(), Type.Number());

function countsOf(json: unknown): LatencyCounts {
  const counts = Value.Parse(CountsSchema, json);
  return new Map(Object.entries(counts).map(([bucket, count]) => [Number(bucket), count]));
}

/** What every process counted for one revision, one row each. */
export async function readReceipts(
  db: Db,
  workspaceId: string,
  environment: string,
  revision: number,
): Promise<readonly ReceiptCounts[]> {
  const rows = await db
    .selectFrom("flag_receipts")
    .select([
      "protocol",
      "published_at",
      "expected",
      "left_early",
      "delivered",
      "acknowledged",
      "delivered_ms",
      "acknowledged_ms",
      "first_at",
      "last_ms",
    ])
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .where("revision", "=", revision)
    .execute();
  return rows.map((row) => ({
    workspaceId,
    environment,
    revision,
    protocol: protocolOf(row.protocol),
    publishedAtMs: row.published_at.getTime(),
    expected: row.expected,
    left: row.left_early,
    delivered: row.delivered,
    acknowledged: row.acknowledged,
    deliveredMs: countsOf(row.delivered_ms),
    acknowledgedMs: countsOf(row.acknowledged_ms),
    firstAtMs: row.first_at?.getTime() ?? null,
    lastMs: row.last_ms,
  }));
}

/** The clients of every process that is alive. */
export async function readGroups(
  db: Db,
  workspaceId: string,
  environment: string,
): Promise<readonly ClientGroup[]> {
  const rows = await db
    .selectFrom("flag_clients as c")
    .innerJoin("flag_subscriber_sessions as s", "s.session", "c.session")
    .select((eb) => [
      "c.protocol",
      "c.name",
      "c.version",
      "c.revision",
      eb.fn.sum<string>("c.clients").as("clients"),
    ])
    .where("c.workspace_id", "=", workspaceId)
    .where("c.environment", "=", environment)
    .where(sql<boolean>`s.heartbeat_at > now() - ${DEAD_AFTER}`)
    .groupBy(["c.protocol", "c.name", "c.version", "c.revision"])
    .orderBy("c.protocol")
    .orderBy("c.name")
    .orderBy("c.version")
    .orderBy("c.revision", "desc")
    .execute();
  return rows.map(({ protocol, name, version, revision, clients }) => ({
    protocol: protocolOf(protocol),
    name,
    version,
    revision,
    clients: Number(clients),
  }));
}
