import type { Db } from "@paceline/db";
import { sql } from "kysely";

/** Entries that get their index in one transaction. */
const BATCH = 2000;

/** First of the two numbers of the advisory lock that guards a log; the second one is its workspace's. */
const LOCK_SPACE = 0x61756469; // "audi"

/**
 * Runs `work` in a transaction that holds the log of a workspace alone, in any process. Losing the
 * connection gives the log up.
 *
 * @param otherwise  what to do while another one holds it: wait for it, or answer null
 */
export function holdingLog<T>(
  db: Db,
  workspaceId: string,
  otherwise: "wait" | "leave",
  work: (tx: Db) => Promise<T>,
): Promise<T | null> {
  return db.transaction().execute(async (tx) => {
    if (otherwise === "wait") {
      await sql`select pg_advisory_xact_lock(${LOCK_SPACE}::integer, hashtext(${workspaceId}))`.execute(
        tx,
      );
      return work(tx);
    }
    const { rows } = await sql<{ held: boolean }>`
      select pg_try_advisory_xact_lock(${LOCK_SPACE}::integer, hashtext(${workspaceId})) as held`.execute(
      tx,
    );
    return rows[0]?.held === true ? work(tx) : null;
  });
}

/** Workspaces whose log has entries to be given an index or to be published. */
export async function workspacesWithWork(db: Db): Promise<string[]> {
  const { rows } = await sql<{ workspace_id: string }>`
    select outbox.workspace_id from audit_outbox as outbox
    union
    select logs.workspace_id from audit_logs as logs where logs.published_size < logs.size`.execute(
    db,
  );
  return rows.map((row) => row.workspace_id);
}

/**
 * Moves committed entries of a workspace from the outbox to the end of its log. Only what has
 * committed is seen, and it goes behind everything that was seen before: transactions may commit in
 * any order without leaving a gap. Call it holding the log.
 *
 * @returns how many entries were moved; call again unless it is 0
 */
export async function assignIndexes(tx: Db, workspaceId: string): Promise<number> {
  const { rows: logs } = await sql<{ size: number }>`
    insert into audit_logs (workspace_id, size) values (${workspaceId}, 0)
    on conflict (workspace_id) do update set size = audit_logs.size
    returning audit_logs.size`.execute(tx);
  const size = logs[0]?.size ?? 0;
  const { rows } = await sql<{ moved: number }>`
    with batch as (
      select outbox.*, row_number() over (order by outbox.position) - 1 as place
      from audit_outbox as outbox
      where outbox.workspace_id = ${workspaceId}
      order by outbox.position
      limit ${BATCH}
    ), entered as (
      insert into audit_entries
        (workspace_id, leaf_index, id, occurred_at, action, actor_kind, actor_id, subject_kind,
         subject_id, leaf, leaf_hash)
      select batch.workspace_id, ${size}::bigint + batch.place, batch.id, batch.occurred_at,
        batch.action, batch.actor_kind, batch.actor_id, batch.subject_kind, batch.subject_id,
        batch.leaf, sha256('\\x00'::bytea || batch.leaf)
      from batch
    ), removed as (
      delete from audit_outbox as outbox using batch where outbox.position = batch.position
    )
    update audit_logs as logs set size = logs.size + (select count(*) from batch)
    where logs.workspace_id = ${workspaceId}
    returning logs.size - ${size}::bigint as moved`.execute(tx);
  return rows[0]?.moved ?? 0;
}
