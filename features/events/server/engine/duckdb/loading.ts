import type { CompiledQuery } from "../plan.ts";
import { literal } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

/** The columns of a segment, in order, with their types; also the shape of a line of the log. */
export const COLUMNS = {
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

/** What a file holds, by environment, so that queries open only what they need. */
const SCOPES = `workspace, environment, count(*) AS events, min(received_at) AS first_received_at,
  max(received_at) AS last_received_at, min(occurred_at) AS oldest_at, max(occurred_at) AS newest_at`;

/** The person bucket, as `personBucket` says it. */
const BUCKET = "strpos('0123456789abcdef', md5(workspace || ' ' || unit)[1]) - 1";

/** UTC month as the number 202601, and person bucket. */
const PART = `year(make_timestamp(occurred_at * 1000)) * 100 + month(make_timestamp(occurred_at * 1000)) AS part_month,
  ${BUCKET} AS part_bucket`;

/**
 * Of files whose rows lie in the order of arrival: nothing can be skipped in them, so what counts is
 * that several threads can read one, and 100,000 events are a refresh of a running experiment.
 * LZ4 takes the bytes of snappy, and half of its time to be read.
 */
const ARRIVALS = "COMPRESSION lz4_raw, ROW_GROUP_SIZE 24576";
const ROW_GROUP = 122_880;

export function target(path: string, footer?: string): string {
  return file(path, footer, `COMPRESSION snappy, ROW_GROUP_SIZE ${ROW_GROUP}`);
}

function file(path: string, footer: string | undefined, form: string): string {
  const metadata = footer === undefined ? "" : `, KV_METADATA {paceline: ${literal(footer)}}`;
  return `TO ${literal(path)}
(FORMAT parquet, ${form}${metadata})`;
}

/** Statements that move events from the log into segments. */
export const duckdbLoading = {
  bucketOf: BUCKET,
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
${file(path, footer, ARRIVALS)}`,
      parameters: [],
    };
  },
  /** Files in the order of arrival as one. */
  gather: (files: ParquetFiles, path: string): CompiledQuery => ({
    text: `COPY (SELECT ${COLUMN_NAMES} FROM read_parquet(${literal(files)})) ${file(path, undefined, ARRIVALS)}`,
    parameters: [],
  }),
  /** Sorted files of one part as one. */
  join: (files: ParquetFiles, path: string): CompiledQuery => ({
    text: `COPY (SELECT ${COLUMN_NAMES} FROM read_parquet(${literal(files)}) ORDER BY ${SORT}) ${target(path)}`,
    parameters: [],
  }),
  /** The events of some files with their part, sorted as they will be written. */
  stage: (files: ParquetFiles, table: string): CompiledQuery => ({
    text: `CREATE TEMP TABLE ${table} AS SELECT ${COLUMN_NAMES}, ${PART} FROM read_parquet($1)
ORDER BY part_month, part_bucket, ${SORT}`,
    parameters: [files],
  }),
  parts: (table: string): CompiledQuery => ({
    text: `SELECT part_month, part_bucket, ${SCOPES} FROM ${table}
GROUP BY part_month, part_bucket, workspace, environment
ORDER BY part_month, part_bucket, workspace, environment`,
    parameters: [],
  }),
  writePart: (table: string, month: number, bucket: number, path: string): CompiledQuery => ({
    text: `COPY (SELECT ${COLUMN_NAMES} FROM ${table}
WHERE part_month = ${literal(month)} AND part_bucket = ${literal(bucket)}) ${target(path)}`,
    parameters: [],
  }),
  scopes: (files: ParquetFiles): CompiledQuery => ({
    text: `SELECT ${SCOPES} FROM read_parquet($1)
GROUP BY workspace, environment ORDER BY workspace, environment`,
    parameters: [files],
  }),
  /** Reads every byte of a file that matters: fails if one of them is damaged. */
  readWhole: (file: string): CompiledQuery => ({
    text: `SELECT max(hash(s)) AS digest FROM read_parquet($1) AS s`,
    parameters: [file],
  }),
  footers: (files: ParquetFiles): CompiledQuery => ({
    text: `SELECT file_name, decode(value) AS footer FROM parquet_kv_metadata($1)
WHERE decode(key) = 'paceline'`,
    parameters: [files],
  }),
};
