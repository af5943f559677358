import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";

import type { Database } from "./database.generated.ts";
import type { Db } from "./transaction.ts";

const BIGINT_OID = 20;
const IDLE_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_POOL_SIZE = 10;

/** 64-bit integers of ours (counters, sizes, log indexes) stay below 2^53; a larger one is a bug. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} exceeds 2^53`);
  return value;
}

/**
 * Opens a pool on a PostgreSQL server. No connection is made before the first query.
 *
 * @param url          `postgres://…`
 * @param onIdleError  called when an idle connection breaks; the pool replaces it by itself
 * @param poolSize     connections at most
 */
export function openDatabase(
  url: string,
  onIdleError: (error: Error) => void,
  poolSize: number = DEFAULT_POOL_SIZE,
): Db {
  const types = new pg.TypeOverrides();
  types.setTypeParser(BIGINT_OID, parseBigint);
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: "paceline",
    types,
  });
  pool.on("error", onIdleError);
  // While a query runs, its caller is told; without a listener the process would end as well.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const db: Db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  pools.set(db, pool);
  return db;
}

/** Connections of a pool, and how many calls wait for one. */
export interface PoolUse {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

const pools = new WeakMap<Db, pg.Pool>();

/** The pool of a database. @throws Error for one that was not opened here */
export function poolOf(db: Db): pg.Pool {
  const pool = pools.get(db);
  if (pool === undefined) throw new Error("this database was not opened by openDatabase");
  return pool;
}

/** How much of its pool a database uses; null for one that was not opened here. */
export function poolUse(db: Db): PoolUse | null {
  const pool = pools.get(db);
  if (pool === undefined) return null;
  return { open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount };
}

/** Waits for running queries and closes every connection. */
export async function closeDatabase(db: Db): Promise<void> {
  await db.destroy();
}
