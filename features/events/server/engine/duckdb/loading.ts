import type { CompiledQuery } from "../plan.ts";
import { literal } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

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
};
