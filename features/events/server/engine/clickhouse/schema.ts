import type { CompiledQuery } from "../plan.ts";
import { number } from "../rows.ts";
import { ClickHouseUnusable } from "./connection.ts";
import type { ClickHouseConnection } from "./connection.ts";
import { identifier, literal, Parameters } from "./statement.ts";

/** What statements read and insert into; over a cluster it spreads to the tables of the shards. */
export const EVENTS = "paceline_events";
/** What of the events a server holds itself: the same as `EVENTS` on a single server. */
export function localEvents(cluster: string | null): string {
  return cluster === null ? EVENTS : `${EVENTS}_local`;
}
/** Newest and oldest instants by environment, and which log files are loaded. */
export const SCOPES = "paceline_scopes";
export const LOADS = "paceline_loads";
export const ERASURES = "paceline_erasures";
/** Rows of others, overwritten, while an erasure puts them in the place of the old ones. */
export const REDACTED = "paceline_redacted";
const MIGRATIONS = "paceline_migrations";

/** UTC month of `occurred_at`; what lies outside 1970 to 2100 goes to the ends. */
export const MONTH =
  "toYYYYMM(fromUnixTimestamp64Milli(greatest(0, least(occurred_at, 4102444799999)), 'UTC'))";

/** Inserts remembered by their token, so that a repeated one adds nothing. */
const REMEMBERED_INSERTS = 10_000;
const REMEMBERED_SECONDS = 30 * 86_400;
/** Every thousandth load is kept longer: where a node's numbers go on is known for ever. */
const REMEMBERED_LOAD_DAYS = 90;

/**
 * Durable when acknowledged: an insert, and a merge before its inputs go, is on the disk. Replaced
 * parts go after seconds, so that what was erased is gone soon.
 */
const DURABLE = `fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 5`;

interface Layout {
  readonly database: string;
  readonly cluster: string | null;
}

function onCluster({ cluster }: Layout): string {
  return cluster === null ? "" : ` ON CLUSTER ${identifier(cluster)}`;
}

/** A table engine, replicated over a cluster: `spread` tables by shard, others as one on all. */
function engine(
  layout: Layout,
  table: string,
  kind: "" | "Replacing" | "Aggregating",
  options: { readonly spread: boolean; readonly version?: string },
): string {
  const version = options.version === undefined ? [] : [options.version];
  if (layout.cluster === null) {
    return `${kind}MergeTree(${version.join(", ")})`;
  }
  const shard = options.spread ? "{shard}" : "all";
  const replica = options.spread ? "{replica}" : "{shard}-{replica}";
  const path = `/clickhouse/tables/${shard}/${layout.database}/${table}`;
  return `Replicated${kind}MergeTree(${[literal(path), literal(replica), ...version].join(", ")})`;
}

function eventsTable(layout: Layout): string {
  const table = localEvents(layout.cluster);
  const window =
    layout.cluster === null
      ? `non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`
      : `replicated_deduplication_window = ${REMEMBERED_INSERTS}, replicated_deduplication_window_seconds = ${REMEMBERED_SECONDS}`;
  return `CREATE TABLE IF NOT EXISTS ${table}${onCluster(layout)} (
  workspace LowCardinality(String),
  environment LowCardinality(String),
  source LowCardinality(String),
  message_id String CODEC(ZSTD(1)),
  type LowCardinality(String),
  event LowCardinality(String),
  unit String CODEC(ZSTD(1)),
  user_id Nullable(String) CODEC(ZSTD(1)),
  anonymous_id Nullable(String) CODEC(ZSTD(1)),
  occurred_at Int64 CODEC(Delta, ZSTD(1)),
  client_timestamp Nullable(Int64) CODEC(ZSTD(1)),
  sent_at Nullable(Int64) CODEC(ZSTD(1)),
  received_at Int64 CODEC(Delta, ZSTD(1)),
  experiment_id LowCardinality(Nullable(String)),
  flag_key LowCardinality(Nullable(String)),
  revision LowCardinality(Nullable(String)),
  variant LowCardinality(Nullable(String)),
  properties String CODEC(ZSTD(3)),
  context String CODEC(ZSTD(3)),
  node LowCardinality(String),
  seq UInt64 CODEC(Delta, ZSTD(1)),
  earliest UInt64 MATERIALIZED bitNot(toUInt64(received_at)) CODEC(ZSTD(1)),
  INDEX received_range received_at TYPE minmax GRANULARITY 1,
  INDEX seq_range seq TYPE minmax GRANULARITY 1
)
ENGINE = ${engine(layout, table, "Replacing", { spread: true, version: "earliest" })}
PARTITION BY ${MONTH}
PRIMARY KEY (workspace, environment, type, event, unit)
ORDER BY (workspace, environment, type, event, unit, source, message_id)
SETTINGS ${window}, ${DURABLE}`;
}

function spreadTable(layout: Layout & { readonly cluster: string }): string {
  const table = localEvents(layout.cluster);
  return `CREATE TABLE IF NOT EXISTS ${EVENTS}${onCluster(layout)} AS ${table}
ENGINE = Distributed(${literal(layout.cluster)}, ${literal(layout.database)}, ${literal(table)}, cityHash64(workspace, unit))`;
}

function smallTables(layout: Layout): string[] {
  const instant = (kind: "min" | "max", column: string): string =>
    `${column} SimpleAggregateFunction(${kind}, Int64)`;
  return [
    `CREATE TABLE IF NOT EXISTS ${SCOPES}${onCluster(layout)} (
  workspace String, environment String, ${instant("min", "first_received_at")},
  ${instant("max", "last_received_at")}, ${instant("max", "newest_at")}
)
ENGINE = ${engine(layout, SCOPES, "Aggregating", { spread: false })}
ORDER BY (workspace, environment)
SETTINGS ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS ${LOADS}${onCluster(layout)} (
  node String, seq UInt64, digest String, events UInt64, loaded_at Int64
)
ENGINE = ${engine(layout, LOADS, "Replacing", { spread: false })}
ORDER BY (node, seq, digest)
TTL toDateTime(intDiv(loaded_at, 1000)) + INTERVAL ${REMEMBERED_LOAD_DAYS} DAY DELETE WHERE seq % 1000 != 0
SETTINGS ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS ${ERASURES}${onCluster(layout)} (
  id String, workspace String, outcome String, done_at Int64
)
ENGINE = ${engine(layout, ERASURES, "Replacing", { spread: false, version: "done_at" })}
ORDER BY id
SETTINGS ${DURABLE}`,
  ];
}

/** Over a cluster on every shard, as it is emptied after each erasure. */
function redactedTable(layout: Layout): string {
  const names = ["erasure", "node", "workspace", "environment", "source", "message_id", "type"];
  const columns = [...names, "event", "unit"].map((name) => `${name} String`);
  const others = ["user_id", "anonymous_id", "experiment_id", "flag_key", "revision", "variant"];
  return `CREATE TABLE IF NOT EXISTS ${REDACTED}${onCluster(layout)} (
  ${columns.join(", ")}, seq UInt64, occurred_at Int64, received_at Int64,
  client_timestamp Nullable(Int64), sent_at Nullable(Int64),
  ${others.map((name) => `${name} Nullable(String)`).join(", ")}, properties String, context String
)
ENGINE = ${engine(layout, REDACTED, "", { spread: false })}
ORDER BY (erasure, message_id)
SETTINGS ${DURABLE}`;
}

/** Every change of the schema, in order; each statement may run again. */
const CHANGES: readonly {
  readonly version: number;
  readonly statements: (layout: Layout) => readonly string[];
}[] = [
  {
    version: 1,
    statements: (layout) => [
      eventsTable(layout),
      ...(layout.cluster === null ? [] : [spreadTable({ ...layout, cluster: layout.cluster })]),
      ...smallTables(layout),
      redactedTable(layout),
    ],
  },
];

function migrationsTable(layout: Layout): string {
  return `CREATE TABLE IF NOT EXISTS ${MIGRATIONS}${onCluster(layout)} (version UInt32, applied_at Int64)
ENGINE = ${engine(layout, MIGRATIONS, "Replacing", { spread: false })}
ORDER BY version
SETTINGS ${DURABLE}`;
}

function plain(text: string): CompiledQuery {
  return { text, parameters: [] };
}

/**
 * Brings the tables up to date. Several nodes may do it at once: every statement says `IF NOT
 * EXISTS`, and a version counts when all of its statements have run.
 *
 * @throws ClickHouseUnusable if the tables were made by a newer Paceline
 */
export async function migrate(connection: ClickHouseConnection, now: number): Promise<void> {
  const { address: layout } = connection;
  const newest = CHANGES.reduce((latest, { version }) => Math.max(latest, version), 0);
  await connection.run(plain(migrationsTable(layout)));
  const [row] = await connection.rows(
    plain(`SELECT max(m.version) AS version FROM ${MIGRATIONS} AS m`),
  );
  const present = row === undefined ? 0 : number(row, "version");
  if (present > newest) {
    throw new ClickHouseUnusable(
      "refused",
      `The tables in ClickHouse are of version ${present}, this Paceline knows ${newest}: upgrade Paceline.`,
    );
  }
  for (const { version, statements } of CHANGES.filter((change) => change.version > present)) {
    for (const statement of statements(layout)) await connection.run(plain(statement));
    const parameters = new Parameters();
    await connection.run({
      text: `INSERT INTO ${MIGRATIONS} (version, applied_at) SELECT ${parameters.bind(version)}, ${parameters.bind(now)}`,
      parameters: parameters.list,
    });
  }
}
