import { QUARANTINE_TYPES } from "../../domain/index.ts";
import type {
  CatalogQuery,
  ExperimentQuery,
  MetricEvents,
  RecentQuery,
} from "../../domain/index.ts";
import type { CompiledQuery, Dialect, QueryParameter } from "./plan.ts";

/** Parquet files of the store. */
export type ParquetFiles = readonly string[];

const HOUR_MS = 3_600_000;

/**
 * Numbers beyond this are read as 0: their squares would leave the range of a double, and one
 * hostile event must not fail an experiment's query.
 */
const LARGEST_VALUE = 1e100;

/** The columns of a segment, in order, with their types; also the shape of a line of the log. */
const COLUMNS = {
  workspace: "VARCHAR",
  environment: "VARCHAR",
  source: "VARCHAR",
  message_id: "VARCHAR",
  type: "VARCHAR",
  event: "VARCHAR",
  unit: "VARCHAR",
  user_id: "VARCHAR",
  anonymous_id: "VARCHAR",
  occurred_at: "BIGINT",
  client_timestamp: "BIGINT",
  sent_at: "BIGINT",
  received_at: "BIGINT",
  experiment_id: "VARCHAR",
  flag_key: "VARCHAR",
  revision: "VARCHAR",
  variant: "VARCHAR",
  properties: "JSON",
  context: "JSON",
} as const;

export const COLUMN_NAMES = Object.keys(COLUMNS).join(", ");
const SORT = "workspace, environment, type, event, unit, occurred_at";

/** Collects the parameters of a statement. */
class Parameters {
  readonly list: QueryParameter[] = [];
  /** @returns the placeholder */
  bind(value: QueryParameter): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
  instant(value: number): string {
    return `${this.bind(value)}::BIGINT`;
  }
}

/** DuckDB over Parquet segments. */
export const duckdb: Dialect<ParquetFiles> = {
  name: "duckdb",
  experiment: compileExperiment,
  catalog: compileCatalog,
  recent: compileRecent,
  display(query) {
    return query.text.replaceAll(/\$(\d+)/g, (_, place: string) =>
      literal(query.parameters[Number(place) - 1] ?? null),
    );
  },
};

/** In DuckDB a quote is doubled and nothing else has a meaning inside a text. */
export function literal(value: QueryParameter): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `[${value.map(literal).join(", ")}]`;
}

function compileExperiment(query: ExperimentQuery, files: ParquetFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = parameters.bind(files);
  const scope = `s.workspace = ${parameters.bind(query.workspace)} AND s.environment = ${parameters.bind(query.environment)}`;
  const asOf = parameters.instant(query.asOf);
  const seen = `s.occurred_at <= ${asOf} AND s.received_at <= ${asOf}`;
  const from = parameters.instant(query.from);
  const windowMs = parameters.instant(query.windowHours * HOUR_MS);
  const day = query.cut === "day" ? "(min(s.occurred_at) // 86400000) * 86400000" : "0::BIGINT";
  const values = metricValues(query);
  const names = [...new Set(values.map((value) => value.events.event))];
  const text = `
WITH first_exposure AS (
  SELECT s.unit, arg_min(s.variant, {'occurred_at': s.occurred_at, 'variant': s.variant}) AS variant,
    min(s.occurred_at) AS exposed_at, max(s.occurred_at) AS newest_exposure_at, ${day} AS day,
    min(s.variant) <> max(s.variant) AS crossed,
    count(DISTINCT {'source': s.source, 'message_id': s.message_id}) AS exposures
  FROM read_parquet(${source}) AS s
  WHERE ${scope} AND s.type = 'exposure' AND (${exposureFilter(query, parameters)})
    AND s.occurred_at >= ${from} AND ${seen}
  GROUP BY s.unit
), message AS (
  SELECT s.unit, s.event, max(s.occurred_at) AS occurred_at${values.map((value) => messageValue(value, parameters)).join("")}
  FROM read_parquet(${source}) AS s JOIN first_exposure AS f ON f.unit = s.unit
  WHERE ${scope} AND s.type = 'track' AND s.event IN (SELECT unnest(${parameters.bind(names)}::VARCHAR[]))
    AND s.occurred_at >= ${from} AND s.occurred_at >= f.exposed_at AND s.occurred_at < f.exposed_at + ${windowMs} AND ${seen}
  GROUP BY s.unit, s.event, s.source, s.message_id
), per_unit AS (
  SELECT m.unit, max(m.occurred_at) AS newest_event_at${values.map((value) => unitValue(value, parameters)).join("")}
  FROM message AS m GROUP BY m.unit
)
SELECT f.variant, f.day, f.crossed, count(*) AS units, sum(f.exposures)::BIGINT AS exposures,
  max(f.newest_exposure_at) AS newest_exposure_at, max(u.newest_event_at) AS newest_event_at${query.metrics
    .map((metric, index) => momentColumns(index, metric.denominator !== undefined))
    .join("")}
FROM first_exposure AS f LEFT JOIN per_unit AS u ON u.unit = f.unit
GROUP BY f.variant, f.day, f.crossed
ORDER BY f.variant, f.day, f.crossed`;
  return { text, parameters: parameters.list };
}

interface MetricValue {
  /** Column: `y0` numerator of the first metric, `x0` its denominator. */
  readonly column: string;
  readonly events: MetricEvents;
}

function metricValues(query: ExperimentQuery): MetricValue[] {
  return query.metrics.flatMap((metric, index) => [
    { column: `y${index}`, events: metric },
    ...(metric.denominator === undefined
      ? []
      : [{ column: `x${index}`, events: metric.denominator }]),
  ]);
}

function exposureFilter(query: ExperimentQuery, parameters: Parameters): string {
  const { experimentId, flagKey } = query.exposure;
  const ways = [
    ...(experimentId === undefined ? [] : [`s.experiment_id = ${parameters.bind(experimentId)}`]),
    ...(flagKey === undefined
      ? []
      : [
          `s.flag_key = ${parameters.bind(flagKey)}${experimentId === undefined ? "" : " AND s.experiment_id IS NULL"}`,
        ]),
  ];
  const variants =
    query.variants === undefined
      ? ""
      : ` AND s.variant IN (SELECT unnest(${parameters.bind(query.variants)}::VARCHAR[]))`;
  return `(${ways.map((way) => `(${way})`).join(" OR ") || "false"})${variants}`;
}

/**
 * The value of one message. Copies of a message (a retry after the intake forgot it) are one row;
 * \`min\` of equal copies is the same in whatever order they are read.
 */
function messageValue(value: MetricValue, parameters: Parameters): string {
  if (value.events.aggregation !== "sum") return "";
  const pointer = `/${(value.events.property ?? "").replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const number = `TRY_CAST(json_extract_string(s.properties, ${parameters.bind(pointer)}) AS DOUBLE)`;
  const largest = parameters.bind(LARGEST_VALUE);
  return `,
    min(CASE WHEN abs(${number}) <= ${largest} THEN ${number} ELSE 0 END) AS ${value.column}`;
}

function unitValue(value: MetricValue, parameters: Parameters): string {
  const own = `m.event = ${parameters.bind(value.events.event)}`;
  const expressions = {
    any: `CASE WHEN bool_or(${own}) THEN 1.0::DOUBLE ELSE 0 END`,
    count: `(count(*) FILTER (WHERE ${own}))::DOUBLE`,
    sum: `coalesce(sum(m.${value.column}) FILTER (WHERE ${own}), 0)`,
  };
  return `,
    ${expressions[value.events.aggregation]} AS ${value.column}`;
}

/** Centred inside the engine (its var_pop and covar_pop are Welford's), so nothing cancels later. */
function momentColumns(index: number, ratio: boolean): string {
  const y = `coalesce(u.y${index}, 0)`;
  const x = `coalesce(u.x${index}, 0)`;
  const numerator = `,
  avg(${y}) AS y${index}_mean, var_pop(${y}) * count(*) AS y${index}_m2`;
  if (!ratio) return numerator;
  return `${numerator},
  avg(${x}) AS x${index}_mean, var_pop(${x}) * count(*) AS x${index}_m2,
  covar_pop(${y}, ${x}) * count(*) AS xy${index}_co_moment`;
}

function compileCatalog(query: CatalogQuery, files: ParquetFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = parameters.bind(files);
  const bucket = parameters.instant(query.bucketMs);
  const text = `
SELECT s.type, s.event, (s.received_at // ${bucket}) * ${bucket} AS bucket_at,
  count(DISTINCT {'source': s.source, 'message_id': s.message_id}) AS events,
  approx_count_distinct(s.unit) AS units, max(s.received_at) AS newest_received_at
FROM read_parquet(${source}) AS s
WHERE s.workspace = ${parameters.bind(query.workspace)} AND s.environment = ${parameters.bind(query.environment)}
  AND s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}
  AND ${notQuarantined(parameters)}
GROUP BY s.type, s.event, bucket_at
ORDER BY s.type, s.event, bucket_at`;
  return { text, parameters: parameters.list };
}

/** Bad events and their resolutions are nobody's events. */
function notQuarantined(parameters: Parameters): string {
  return `s.type NOT IN (SELECT unnest(${parameters.bind(QUARANTINE_TYPES)}::VARCHAR[]))`;
}

function compileRecent(query: RecentQuery, files: ParquetFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = parameters.bind(files);
  const conditions = [
    `s.workspace = ${parameters.bind(query.workspace)}`,
    `s.environment = ${parameters.bind(query.environment)}`,
    query.type === undefined
      ? notQuarantined(parameters)
      : `s.type = ${parameters.bind(query.type)}`,
    ...(query.event === undefined ? [] : [`s.event = ${parameters.bind(query.event)}`]),
    ...(query.unit === undefined ? [] : [`s.unit = ${parameters.bind(query.unit)}`]),
    ...(query.after === undefined
      ? []
      : [
          `(s.received_at, s.occurred_at, s.message_id) < (${parameters.instant(query.after.receivedAt)}, ${parameters.instant(query.after.at)}, ${parameters.bind(query.after.messageId)})`,
        ]),
  ];
  const text = `
SELECT DISTINCT s.received_at, s.occurred_at, s.source, s.message_id, s.type, s.event, s.unit, s.flag_key,
  s.variant, s.properties::VARCHAR AS properties, s.context::VARCHAR AS context
FROM read_parquet(${source}) AS s
WHERE ${conditions.join(" AND ")}
ORDER BY s.received_at DESC, s.occurred_at DESC, s.message_id DESC
LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}

/** What a segment's footer says about its content, so that queries open only what they need. */
const SCOPES = `
SELECT workspace, environment, count(*) AS events, min(received_at) AS first_received_at,
  max(received_at) AS last_received_at, max(occurred_at) AS newest_at`;

function target(path: string, footer: string): string {
  return `TO ${literal(path)}
(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880, KV_METADATA {paceline: ${literal(footer)}})`;
}

/** Statements that move events from the log into segments. */
export const duckdbLoading = {
  /** Segments never change under their name, so their footers may be kept in memory. */
  keepFooters: { text: "SET GLOBAL parquet_metadata_cache = true", parameters: [] },
  /**
   * One sealed log file as a segment, in the order of arrival: a file of this size is read whole
   * anyway. COPY takes no parameters: the paths are ours, the footer is quoted.
   */
  load(logPath: string, path: string, footer: string): CompiledQuery {
    const shape = Object.entries(COLUMNS)
      .map(([name, type]) => `${name}: '${type}'`)
      .join(", ");
    return {
      text: `COPY (SELECT ${COLUMN_NAMES}
FROM read_json(${literal(logPath)}, format = 'newline_delimited', columns = {${shape}}))
${target(path, footer)}`,
      parameters: [],
    };
  },
  /** Several segments as one, each message once: the first that was received. */
  stageMerged(files: ParquetFiles, table: string): CompiledQuery {
    return {
      text: `CREATE TEMP TABLE ${table} AS SELECT ${COLUMN_NAMES} FROM read_parquet($1)
QUALIFY row_number() OVER (
  PARTITION BY workspace, environment, source, message_id ORDER BY received_at, occurred_at) = 1`,
      parameters: [files],
    };
  },
  scopes: (table: string): CompiledQuery => ({
    text: `${SCOPES} FROM ${table} GROUP BY workspace, environment ORDER BY workspace, environment`,
    parameters: [],
  }),
  write: (table: string, path: string, footer: string): CompiledQuery => ({
    text: `COPY (SELECT ${COLUMN_NAMES} FROM ${table} ORDER BY ${SORT}) ${target(path, footer)}`,
    parameters: [],
  }),
  drop: (table: string): CompiledQuery => ({
    text: `DROP TABLE IF EXISTS ${table}`,
    parameters: [],
  }),
  footers: (files: ParquetFiles): CompiledQuery => ({
    text: `SELECT file_name, decode(value) AS footer FROM parquet_kv_metadata($1)
WHERE decode(key) = 'paceline'`,
    parameters: [files],
  }),
  /** The ids in some segments, for the intake's memory after a start. */
  messageIds: (files: ParquetFiles, limit: number): CompiledQuery => ({
    text: `SELECT workspace, environment, source, message_id FROM read_parquet($1) LIMIT $2::BIGINT`,
    parameters: [files, limit],
  }),
};
