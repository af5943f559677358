import { mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";

/**
 * Six months of a shop, the same on every machine: 20 events a person, six kinds of track events and
 * exposures of an experiment that every fifth person takes part in. One event of a hundred is
 * received up to two days late, so some exposures, too.
 */
export const SCOPE = { workspace: "w1", environment: "production" } as const;
export const START = Date.UTC(2026, 0, 5);
export const DAY = 86_400_000;
export const DAYS = 180;
const END = START + DAYS * DAY;
const EVENTS_A_PERSON = 20;
const BUCKETS = 16;
/** So many people act each in a way of their own; more are copies of them under names of their own. */
const DIFFERENT_PEOPLE = 500_000;
/** Of a person bucket and month, as compaction leaves them: a quarter of a million events at most. */
const COPIES_A_FILE = 2;

/** What arrives after the store was filled: so many parts of one percent each. */
export const LATE_PARTS = 3;
const SHARE = 0.01;
/** Received from here on is not in the store at first. */
export const CUT = Math.floor(END - LATE_PARTS * SHARE * DAYS * DAY);

export interface QueryData {
  /** The product's data directory. */
  readonly dataDir: string;
  /** Parquet files with the columns of the store, of events still to be appended. */
  readonly arrivals: readonly string[];
  /** Events received before each of these instants are in the files up to that one. */
  readonly arrivedBy: readonly number[];
}

/** Writes the data once, and uses what is there the next time. */
export async function queryData(root: string, events: number): Promise<QueryData> {
  const folder = join(root, `query-${events}`);
  const parts = Array.from({ length: LATE_PARTS }, (_, part) => part + 1);
  const data = {
    dataDir: join(folder, "data"),
    arrivals: parts.map((part) => join(folder, `arrivals-${part}.parquet`)),
    arrivedBy: parts.map((part) => Math.floor(CUT + part * SHARE * DAYS * DAY)),
  };
  const done = await stat(join(folder, "done")).catch(() => null);
  if (done !== null) return data;
  await rm(folder, { recursive: true, force: true });
  const segments = join(data.dataDir, "events", "segments");
  const temporary = join(folder, "tmp");
  for (const path of [segments, temporary]) await mkdir(path, { recursive: true, mode: 0o700 });
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: "3GB",
    temp_directory: temporary,
    preserve_insertion_order: "false",
  });
  const connection = await instance.connect();
  try {
    await writeEvents(connection, events, segments, data);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(temporary, { recursive: true, force: true });
  }
  await writeFile(join(folder, "done"), "");
  return data;
}

async function writeEvents(
  connection: DuckDBConnection,
  events: number,
  segments: string,
  data: QueryData,
): Promise<void> {
  const people = Math.ceil(events / EVENTS_A_PERSON);
  const copies = await writePeople(connection, people);
  const files: unknown[] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    await connection.run(`CREATE OR REPLACE TEMP TABLE actor AS
SELECT p.i, p.unit, p.copy, p.original FROM person AS p WHERE p.bucket = ${bucket}`);
    await connection.run(bucketTable(bucket));
    for (let copy = 0; copy <= copies; copy += COPIES_A_FILE) {
      const among = `n.copy >= ${copy} AND n.copy < ${copy + COPIES_A_FILE}`;
      const months = await connection.runAndReadAll(
        `SELECT e.month, count(*)::INTEGER AS events, min(e.received_at)::DOUBLE AS first_received_at,
  max(e.received_at)::DOUBLE AS last_received_at, min(e.occurred_at)::DOUBLE AS oldest_at,
  max(e.occurred_at)::DOUBLE AS newest_at
FROM ${EVENTS} WHERE e.received_at < ${CUT} AND ${among} GROUP BY e.month ORDER BY e.month`,
      );
      for (const row of months.getRowObjectsJS()) {
        files.push(await writePart(connection, segments, bucket, among, row, files.length + 1));
      }
    }
    let from = CUT;
    for (const [part, to] of data.arrivedBy.entries()) {
      const path = data.arrivals[part] ?? "";
      await connection.run(`CREATE TABLE IF NOT EXISTS arrivals_${part} AS
SELECT ${COLUMNS} FROM ${EVENTS} WHERE false`);
      await connection.run(`INSERT INTO arrivals_${part}
SELECT ${COLUMNS} FROM ${EVENTS} WHERE e.received_at >= ${from} AND e.received_at < ${to}`);
      from = to;
      if (bucket === BUCKETS - 1) {
        await connection.run(
          `COPY (FROM arrivals_${part} AS e ORDER BY e.received_at, e.message_id) TO '${path}' (FORMAT parquet)`,
        );
      }
    }
  }
  const manifest = {
    format: "paceline-events/1",
    generation: 0,
    nextFile: files.length + 1,
    covered: [STRETCH],
    files,
    damaged: [],
    erasures: [],
  };
  await writeFile(join(segments, "manifest.json"), JSON.stringify(manifest));
}

/** Everybody, and whom they are a copy of, in the same bucket. @returns the most copies of one */
async function writePeople(connection: DuckDBConnection, people: number): Promise<number> {
  await connection.run(`CREATE TABLE person AS
WITH named AS (
  SELECT p.i, 'customer-' || p.i AS unit, p.i < ${DIFFERENT_PEOPLE} AS own,
    ('0x' || substr(md5('${SCOPE.workspace} customer-' || p.i), 1, 1))::INTEGER AS bucket
  FROM range(${people}) AS p(i)
), placed AS MATERIALIZED (
  SELECT n.i, n.unit, n.own, n.bucket,
    row_number() OVER (PARTITION BY n.bucket, n.own ORDER BY n.i) - 1 AS place
  FROM named AS n
), originals AS (
  SELECT p.bucket, count(*) AS people FROM placed AS p WHERE p.own GROUP BY p.bucket
), copied AS (
  SELECT p.i, p.unit, p.bucket, CASE WHEN p.own THEN 0 ELSE p.place // o.people + 1 END AS copy,
    p.place % o.people AS place
  FROM placed AS p JOIN originals AS o ON o.bucket = p.bucket
)
SELECT c.i, c.unit, c.bucket, c.copy, o.i AS original
FROM copied AS c JOIN placed AS o ON o.own AND o.bucket = c.bucket AND o.place = c.place`);
  const [row] = (
    await connection.runAndReadAll("SELECT max(p.copy)::INTEGER AS copies FROM person AS p")
  ).getRowObjectsJS();
  return Number(row?.["copies"]);
}

/** All of it came from one log file, as far as the store knows. */
const STRETCH = { node: "node", from: 1, to: 1 } as const;

async function writePart(
  connection: DuckDBConnection,
  segments: string,
  bucket: number,
  among: string,
  row: Readonly<Record<string, unknown>>,
  place: number,
): Promise<unknown> {
  const month = String(row["month"]);
  const scope = {
    ...SCOPE,
    events: row["events"],
    firstReceivedAt: row["first_received_at"],
    lastReceivedAt: Number(row["last_received_at"]),
    oldestAt: row["oldest_at"],
    newestAt: row["newest_at"],
  };
  const name = `${month}-b${String(bucket).padStart(2, "0")}-${String(place).padStart(12, "0")}.parquet`;
  const path = join(segments, name);
  await connection.run(`COPY (
  SELECT ${COLUMNS} FROM ${EVENTS} WHERE e.month = '${month}' AND e.received_at < ${CUT} AND ${among}
  ORDER BY e.workspace, e.environment, e.type, e.event, n.unit, e.occurred_at
) TO '${path}.part' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880,
  KV_METADATA {paceline: '${JSON.stringify([scope])}'})`);
  await rename(`${path}.part`, path);
  // As old as its events, or the store would take all of their ids for those of the last 30 days.
  const written = new Date(scope.lastReceivedAt);
  await utimes(path, written, written);
  const { size } = await stat(path);
  return { name, stretches: [STRETCH], part: { month, bucket }, bytes: size, scopes: [scope] };
}

/** A bucket's events with everybody who did them. */
const EVENTS = "event AS e JOIN actor AS n ON n.original = e.i";
const COLUMNS = `e.workspace, e.environment, e.source, 'm-' || n.i || '-' || e.j AS message_id, e.type, e.event, n.unit,
  n.unit AS user_id,
  e.anonymous_id, e.occurred_at, e.client_timestamp, e.sent_at, e.received_at, e.experiment_id,
  e.flag_key, e.revision, e.variant, e.properties, e.context`;

/** Each person's events, by hashes of the person and the event's place. Properties take about 136 bytes. */
function bucketTable(bucket: number): string {
  return `CREATE OR REPLACE TEMP TABLE event AS
WITH drawn AS (
  SELECT p.i, j.j, hash(p.i, j.j, 1) AS h,
    ${START} + (hash(p.i, j.j, 2) % ${DAYS * DAY})::BIGINT AS occurred_at
  FROM person AS p, range(${EVENTS_A_PERSON}) AS j(j)
  WHERE p.bucket = ${bucket} AND p.copy = 0
), named AS (
  SELECT d.i, d.j, d.h, d.occurred_at,
    least(d.occurred_at + CASE WHEN d.h % 100 = 1 THEN (d.h % ${2 * DAY})::BIGINT ELSE 1000 END, ${END - 1}) AS received_at,
    CASE WHEN d.h % 10 = 6 AND d.i % 5 = 0 THEN 'checkout' WHEN d.h % 10 < 3 THEN 'Product Viewed'
      WHEN d.h % 10 < 5 THEN 'Product Added' WHEN d.h % 10 < 6 THEN 'Checkout Started'
      WHEN d.h % 10 < 8 THEN 'Page Opened' WHEN d.h % 10 < 9 THEN 'Order Completed' ELSE 'Search' END AS event,
    CASE WHEN (hash(d.i, 3) % 2 = 0) = (hash(d.i, d.j, 4) % 500 = 0) THEN 'control' ELSE 'treatment' END AS variant
  FROM drawn AS d
)
SELECT '${SCOPE.workspace}' AS workspace, '${SCOPE.environment}' AS environment, 'shop' AS source,
  n.i, n.j, CASE WHEN n.event = 'checkout' THEN 'exposure' ELSE 'track' END AS type,
  n.event, NULL::VARCHAR AS anonymous_id, n.occurred_at,
  n.occurred_at AS client_timestamp, NULL::BIGINT AS sent_at, n.received_at,
  CASE WHEN n.event = 'checkout' THEN 'e1' END AS experiment_id,
  CASE WHEN n.event = 'checkout' THEN 'checkout' END AS flag_key,
  CASE WHEN n.event = 'checkout' THEN '1' END AS revision,
  CASE WHEN n.event = 'checkout' THEN n.variant END AS variant,
  ('{"value":' || (n.h % 20000) / 100 || ',"currency":"EUR","sku":"sku-' || n.h % 1000
    || '","category":"category-' || n.h % 20 || '","device":"' || CASE WHEN n.h % 3 = 0 THEN 'mobile' ELSE 'desktop' END
    || '","session":"s-' || n.h || '","campaign":"' || n.h % 50 || '"}')::JSON AS properties,
  '{}'::JSON AS context, strftime(make_timestamp(n.occurred_at * 1000), '%Y-%m') AS month
FROM named AS n`;
}
