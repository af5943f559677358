/**
 * How long it takes to erase one person, and whether a byte of them is left.
 *
 *   npm run bench:erase -- [--events 10000000] [--months 6] [--keep folder]
 *
 * The data are events of a shop with properties and context of real size, in files of one month and
 * person bucket as compaction makes them, and the newest ones in files in the order of arrival.
 */
import { link, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import { openEventStore } from "@paceline/events/server";
import { filesHolding } from "@paceline/test-kit";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    months: { type: "string", default: "6" },
    keep: { type: "string" },
  },
});
const events = Number(values.events);
const months = Number(values.months);
const LIMIT_SECONDS = 5;
const EVENTS_A_PERSON = 25;
/** Compaction leaves larger files alone, so there are none much larger. */
const MOST_ROWS = 262_144;
const WORKSPACE = "w1";
const PERSON = "jane.roe+shop@example.com";
const ANONYMOUS = "5f0c9e3a-person-a7b1";
const SCOPE = { workspace: WORKSPACE, environment: "production" };

const folder = values.keep ?? (await mkdtemp(join(tmpdir(), "paceline-erase-bench-")));
const segments = join(folder, "events", "segments");

/** Rows of one month and bucket; every person is in one bucket, and in every month. */
function rowsOf(month: number, bucket: number, rows: number): string {
  const start = Date.UTC(2026, month, 1);
  const people = Math.max(1, Math.floor(events / EVENTS_A_PERSON / 16));
  const unit = `'customer-${bucket}-' || (r.i * 7919 % ${people})`;
  return `SELECT '${WORKSPACE}' AS workspace, 'production' AS environment, 'shop' AS source,
  uuid()::VARCHAR AS message_id, 'track' AS type, 'Event ' || (r.i % 20) AS event, ${unit} AS unit,
  ${unit} AS user_id, CASE WHEN r.i % 3 = 0 THEN 'anonymous-' || ${unit} END AS anonymous_id,
  (${start} + r.i * ${Math.floor((27 * 86_400_000) / rows)})::BIGINT AS occurred_at,
  NULL::BIGINT AS client_timestamp, NULL::BIGINT AS sent_at,
  (${start} + r.i * ${Math.floor((27 * 86_400_000) / rows)})::BIGINT AS received_at,
  NULL::VARCHAR AS experiment_id, NULL::VARCHAR AS flag_key, NULL::VARCHAR AS revision, NULL::VARCHAR AS variant,
  ('{"revenue":' || round(random() * 100, 2) || ',"product":"sku-' || (random() * 1000)::INTEGER ||
   '","coupon":"SUMMER","quantity":' || (r.i % 5) || ',"email":"customer' || (r.i % 99991) || '@example.com"}')::JSON AS properties,
  ('{"ip":"10.0.' || (r.i % 255) || '.' || (random() * 255)::INTEGER ||
   '","library":{"name":"analytics-node","version":"3.1.0"},"page":{"url":"https://shop.example/products/' ||
   (random() * 1000)::INTEGER || '"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64)"}')::JSON AS context
FROM range(${rows}) AS r(i)`;
}

/** A few rows of the person in each month, and in the first one of somebody who mentions them. */
function person(month: number, mention: boolean): string {
  const columns = `* REPLACE ('${PERSON}' AS unit, '${PERSON}' AS user_id, '${ANONYMOUS}' AS anonymous_id)`;
  const own = `SELECT ${columns} FROM (${rowsOf(month, 0, 5)})`;
  if (!mention) return own;
  return `${own} UNION ALL SELECT * REPLACE ('{"referredBy":"${PERSON}"}'::JSON AS properties) FROM (${rowsOf(month, 0, 1)})`;
}

async function bucketOf(connection: DuckDBConnection, unit: string): Promise<number> {
  const reader = await connection.runAndReadAll("SELECT ('0x' || substr(md5($1), 1, 1))::INTEGER", [
    `${WORKSPACE} ${unit}`,
  ]);
  return Number(reader.getRows()[0]?.[0]);
}

async function makeData(): Promise<void> {
  await mkdir(segments, { recursive: true });
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "2GB" });
  const connection = await instance.connect();
  const own = await bucketOf(connection, PERSON);
  const files: unknown[] = [];
  const rows = Math.floor(events / months / 16);
  const stretch = { node: "node", from: 1, to: 1000 };
  for (let month = 0; month < months; month += 1) {
    for (let bucket = 0; bucket < 16; bucket += 1) {
      for (let left = rows, piece = 0; left > 0; left -= MOST_ROWS, piece += 1) {
        const count = Math.min(left, MOST_ROWS);
        const name = `2026-${String(month + 1).padStart(2, "0")}-b${String(bucket).padStart(2, "0")}-${String(files.length + 1).padStart(12, "0")}.parquet`;
        const first = piece === 0 && bucket === own;
        const source = first
          ? `${rowsOf(month, bucket, count)} UNION ALL ${person(month, month === 0)}`
          : rowsOf(month, bucket, count);
        await connection.run(
          `COPY (${source} ORDER BY workspace, environment, type, event, unit, occurred_at) TO '${join(segments, name)}'
(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)`,
        );
        const reader = await connection.runAndReadAll(
          "SELECT count(*)::INTEGER, min(occurred_at)::DOUBLE, max(occurred_at)::DOUBLE FROM read_parquet($1)",
          [join(segments, name)],
        );
        const [held, oldestAt, newestAt] = (reader.getRows()[0] ?? []).map(Number);
        files.push({
          name,
          stretches: [stretch],
          part: { month: name.slice(0, 7), bucket },
          bytes: (await stat(join(segments, name))).size,
          scopes: [
            {
              ...SCOPE,
              events: held,
              firstReceivedAt: oldestAt,
              lastReceivedAt: newestAt,
              oldestAt,
              newestAt,
            },
          ],
        });
      }
    }
  }
  connection.closeSync();
  instance.closeSync();
  const manifest = {
    format: "paceline-events/1",
    generation: 1,
    nextFile: files.length + 1,
    covered: [stretch],
    files,
    damaged: [],
    erasures: [],
  };
  await writeFile(join(segments, "manifest.json"), JSON.stringify(manifest));
}

const startedAt = performance.now();
const fresh = join(folder, "fresh");
if ((await stat(fresh).catch(() => null)) === null) {
  await makeData();
  // The files never change, so a second run on a kept folder needs no second copy of them.
  await linkAll(segments, fresh);
} else {
  await rm(join(folder, "events"), { recursive: true, force: true });
  await linkAll(fresh, segments);
}
console.log(
  `${events} events in ${months} months: made in ${seconds(performance.now() - startedAt)} s`,
);
const store = await openEventStore({ dataDir: folder });
const before = await store.stats();
// The newest events are in the order of arrival and in the log.
await store.append(
  Array.from({ length: 20_000 }, (_, place) => ({
    ...SCOPE,
    source: "shop",
    messageId: `new-${place}`,
    type: "track" as const,
    event: "Order",
    unit: place % 5_000 === 7 ? PERSON : `customer-${place}`,
    userId: null,
    anonymousId: place % 5_000 === 7 ? ANONYMOUS : null,
    at: Date.UTC(2026, months - 1, 28),
    timestamp: null,
    sentAt: null,
    receivedAt: Date.UTC(2026, months - 1, 28),
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: "{}",
    context: "{}",
  })),
);
const cpuBefore = process.cpuUsage();
const eraseAt = performance.now();
const receipt = await store.erasures.erase({
  id: "bench",
  workspace: WORKSPACE,
  identifiers: [PERSON],
  suppress: true,
  reason: "bench",
  actor: "bench",
});
const tookMs = performance.now() - eraseAt;
const cpu = process.cpuUsage(cpuBefore);
const left = await filesHolding(join(folder, "events"), [PERSON, ANONYMOUS]);
const report = {
  events,
  segments: before.segments,
  segmentMegabytes: Math.round(before.segmentBytes / 1e6),
  eraseSeconds: seconds(tookMs),
  eraseCpuSeconds: seconds((cpu.user + cpu.system) / 1000),
  limitSeconds: LIMIT_SECONDS,
  filesRewritten: receipt.files.length,
  rowsRemoved: receipt.rowsRemoved,
  rowsRedacted: receipt.rowsRedacted,
  identifiers: receipt.erased.length,
  filesThatHoldThePerson: left.length,
  peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
};
console.log(JSON.stringify(report));
await store.close();
if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
process.exitCode = left.length === 0 && tookMs <= LIMIT_SECONDS * 1000 ? 0 : 1;

async function linkAll(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await link(join(from, name), join(to, name));
}

function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}
