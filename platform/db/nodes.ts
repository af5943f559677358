import { setTimeout as pause } from "node:timers/promises";

import { sql } from "kysely";
import pg from "pg";

import type { Db } from "./transaction.ts";

/** One server process among those that share a database. */
export interface NodeDescription {
  readonly id: string;
  /** Nodes whose events are on their own disk cannot share a database: each would see its part only. */
  readonly eventStore: "embedded" | "clickhouse";
  /** Names the key that signs the audit log; nodes with different keys would break it. */
  readonly auditKey: string;
  readonly dataDir: string;
  readonly url: string | null;
}

/** What a node tells of itself again and again. */
export interface NodeState {
  /** Sealed log files that are not loaded yet. */
  readonly waitingLogs: number;
  readonly failure: string | null;
}

export interface RegisteredNode extends NodeDescription, NodeState {
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  /** Whether its process still has its place. */
  readonly alive: boolean;
}

/** The place of this process among the nodes, until it is released or the process ends. */
export interface NodePlace {
  release(): Promise<void>;
}

/** Another node stands in the way. The message says which, and what to do. */
export class NodeRefused extends Error {
  override readonly name = "NodeRefused";
}

/** First of the two numbers of a node's advisory lock ("node"); the second is made from its id. */
const LOCK_SPACE = 0x6e6f6465;
const JOINING = "paceline nodes";
/** A killed predecessor's session ends as soon as PostgreSQL notices. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 200;

/**
 * Takes the place of a node. The place is a lock of a database session, so it is free again when the
 * process ends, however it ends. A broken connection takes the place again by itself.
 *
 * @param onError told when the place is lost and cannot be had again yet
 * @throws NodeRefused if a live node has the same id, keeps events apart, or signs with another key
 */
export async function takeNodePlace(
  url: string,
  node: NodeDescription,
  onError: (error: Error) => void,
): Promise<NodePlace> {
  let client = await hold(url, node, PATIENCE_MS);
  let released = false;
  const watch = (held: pg.Client): void => {
    held.on("error", onError);
    held.once("end", () => {
      if (!released) void again();
    });
  };
  const again = async (): Promise<void> => {
    while (!released) {
      try {
        client = await hold(url, node, 0);
        watch(client);
        return;
      } catch (error) {
        onError(error instanceof Error ? error : new Error("the node's place is lost"));
        await pause(RETRY_MS * 5, undefined, { ref: false });
      }
    }
  };
  watch(client);
  return {
    async release() {
      released = true;
      await client.end();
    },
  };
}

async function hold(url: string, node: NodeDescription, patienceMs: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "paceline-node",
    keepAlive: true,
  });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtext($1))", [JOINING]);
    await lockId(client, node.id, patienceMs);
    await refuseMismatch(client, node);
    await client.query(
      `insert into nodes (id, event_store, audit_key, data_dir, url, started_at, heartbeat_at)
       values ($1, $2, $3, $4, $5, now(), now())
       on conflict (id) do update set event_store = excluded.event_store,
         audit_key = excluded.audit_key, data_dir = excluded.data_dir, url = excluded.url,
         started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,
         waiting_logs = 0, failure = null`,
      [node.id, node.eventStore, node.auditKey, node.dataDir, node.url],
    );
    await client.query("commit");
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function lockId(client: pg.Client, id: string, patienceMs: number): Promise<void> {
  for (let waited = 0; ; waited += RETRY_MS) {
    const { rows } = await client.query<{ held: boolean }>(
      "select pg_try_advisory_lock($1, hashtext($2)) as held",
      [LOCK_SPACE, id],
    );
    if (rows[0]?.held === true) return;
    if (waited >= patienceMs) {
      throw new NodeRefused(
        `Another Paceline runs as node \`${id}\` on this database: give each node its own PACELINE_NODE_ID.`,
      );
    }
    await pause(RETRY_MS);
  }
}

/** The session that holds a node's lock, seen from another one. */
const ALIVE = `exists (
  select 1 from pg_locks as l
  where l.locktype = 'advisory' and l.granted and l.classid = ${LOCK_SPACE}
    and l.objid = (hashtext(n.id)::bigint & 4294967295)::oid and l.objsubid = 2
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
)`;

async function refuseMismatch(client: pg.Client, node: NodeDescription): Promise<void> {
  const { rows } = await client.query<{ id: string; event_store: string; audit_key: string }>(
    `select n.id, n.event_store, n.audit_key from nodes as n where n.id <> $1 and ${ALIVE} order by n.id`,
    [node.id],
  );
  for (const other of rows) {
    if (other.event_store === "embedded" || node.eventStore === "embedded") {
      throw new NodeRefused(
        `Node \`${other.id}\` uses this database already, and ${node.eventStore === "embedded" ? "this node" : "it"} keeps events on its own disk, where the other would not see them: set CLICKHOUSE_URL on every node, or run one node.`,
      );
    }
    if (other.audit_key !== node.auditKey) {
      throw new NodeRefused(
        `Node \`${other.id}\` signs the audit log with another key: give every node the same folder with PACELINE_AUDIT_DIR.`,
      );
    }
  }
}

/** Tells the others how this node is. */
export async function beat(db: Db, id: string, state: NodeState): Promise<void> {
  await sql`update nodes set heartbeat_at = now(), waiting_logs = ${state.waitingLogs},
    failure = ${state.failure} where id = ${id}`.execute(db);
}

/** Whether a node that once had a place has none now: its process has ended. */
export async function isNodeGone(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql<{ gone: boolean }>`
    select not ${sql.raw(ALIVE)} as gone from nodes as n where n.id = ${id}`.execute(db);
  return rows[0]?.gone ?? false;
}

/** Every node that ever took a place, by id. */
export async function listNodes(db: Db): Promise<readonly RegisteredNode[]> {
  const { rows } = await sql<{
    id: string;
    event_store: "embedded" | "clickhouse";
    audit_key: string;
    data_dir: string;
    url: string | null;
    started_at: Date;
    heartbeat_at: Date;
    waiting_logs: number;
    failure: string | null;
    alive: boolean;
  }>`select n.id, n.event_store, n.audit_key, n.data_dir, n.url, n.started_at, n.heartbeat_at,
    n.waiting_logs, n.failure, ${sql.raw(ALIVE)} as alive from nodes as n order by n.id`.execute(
    db,
  );
  return rows.map((row) => ({
    id: row.id,
    eventStore: row.event_store,
    auditKey: row.audit_key,
    dataDir: row.data_dir,
    url: row.url,
    startedAt: row.started_at,
    heartbeatAt: row.heartbeat_at,
    waitingLogs: row.waiting_logs,
    failure: row.failure,
    alive: row.alive,
  }));
}
