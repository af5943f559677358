import type { CompiledQuery } from "../plan.ts";
import { COLUMN_NAMES, COLUMNS, target } from "./loading.ts";
import { literal } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

/** Rows of one file that are overwritten or removed, as `redactionsTable` takes them. */
export interface Redaction {
  readonly row: number;
  /** The two texts as they are to be; null to remove the row. */
  readonly texts: { readonly properties: string; readonly context: string } | null;
}

/** A text inside a statement; a statement's own text cannot hold the character 0. */
function text(value: string): string {
  return value.split("\u0000").map(literal).join(" || chr(0) || ");
}

function list(values: readonly string[]): string {
  return values.map((value) => `(${text(value)})`).join(", ");
}

/** Whether a row is one of the person's own. */
function own(identifiers: readonly string[]): string {
  const among = `IN (${list(identifiers)})`;
  return `(s.unit ${among} OR coalesce(s.user_id ${among}, false) OR coalesce(s.anonymous_id ${among}, false))`;
}

function mentions(needles: readonly string[]): string {
  const found = needles.flatMap((needle) => [
    `contains(s.properties::VARCHAR, ${text(needle)})`,
    `contains(s.context::VARCHAR, ${text(needle)})`,
  ]);
  return `(${found.join(" OR ") || "false"})`;
}

/** Statements that find a person and write files without them. Instants play no part. */
export const duckdbErasing = {
  /** Anonymous ids that came with one of the user ids. */
  anonymousIds: (
    files: ParquetFiles,
    workspace: string,
    userIds: readonly string[],
  ): CompiledQuery => ({
    text: `SELECT DISTINCT s.anonymous_id FROM read_parquet($1) AS s
WHERE s.workspace = $2 AND s.user_id IN (${list(userIds)}) AND s.anonymous_id IS NOT NULL
ORDER BY s.anonymous_id`,
    parameters: [files, workspace],
  }),
  /** Which of some anonymous ids came with another user id, too. */
  sharedIds: (
    files: ParquetFiles,
    workspace: string,
    anonymousIds: readonly string[],
    userIds: readonly string[],
  ): CompiledQuery => ({
    text: `SELECT DISTINCT s.anonymous_id FROM read_parquet($1) AS s
WHERE s.workspace = $2 AND s.anonymous_id IN (${list(anonymousIds)})
  AND s.user_id IS NOT NULL AND s.user_id NOT IN (${list(userIds)})
ORDER BY s.anonymous_id`,
    parameters: [files, workspace],
  }),
  /** By file: how many rows are the person's, and how many of others may mention them. */
  hits: (
    files: ParquetFiles,
    workspace: string,
    identifiers: readonly string[],
    needles: readonly string[],
  ): CompiledQuery => ({
    text: `SELECT h.filename, count(*) FILTER (WHERE h.own) AS own_rows,
  count(*) FILTER (WHERE h.own AND h.type = 'bad') AS own_bad, count(*) FILTER (WHERE NOT h.own) AS mentions
FROM (SELECT s.filename, s.type, ${own(identifiers)} AS own FROM read_parquet($1, filename = true) AS s
  WHERE s.workspace = $2 AND (${own(identifiers)} OR ${mentions(needles)})) AS h
GROUP BY h.filename ORDER BY h.filename`,
    parameters: [files, workspace],
  }),
  /** Rows of others in one stretch of a file that may mention the person. */
  mentioning: (
    file: string,
    rows: { readonly from: number; readonly to: number },
    workspace: string,
    identifiers: readonly string[],
    needles: readonly string[],
  ): CompiledQuery => ({
    text: `SELECT s.file_row_number AS row_number, s.type, s.properties::VARCHAR AS properties, s.context::VARCHAR AS context
FROM read_parquet($1, file_row_number = true) AS s
WHERE s.file_row_number >= $3::BIGINT AND s.file_row_number < $4::BIGINT
  AND s.workspace = $2 AND NOT ${own(identifiers)} AND ${mentions(needles)}`,
    parameters: [file, workspace, rows.from, rows.to],
  }),
  redactionsTable: (table: string): CompiledQuery => ({
    text: `CREATE OR REPLACE TEMP TABLE ${table} (row_number BIGINT, removed BOOLEAN, properties VARCHAR, context VARCHAR)`,
    parameters: [],
  }),
  addRedactions: (table: string, redactions: readonly Redaction[]): CompiledQuery => ({
    text: `INSERT INTO ${table} SELECT unnest($1::BIGINT[]), unnest($2::BOOLEAN[]), unnest($3), unnest($4)`,
    parameters: [
      redactions.map(({ row }) => String(row)),
      redactions.map(({ texts }) => String(texts === null)),
      redactions.map(({ texts }) => texts?.properties ?? "{}"),
      redactions.map(({ texts }) => texts?.context ?? "{}"),
    ],
  }),
  /** A file without the person's rows, in the same order. */
  rewrite: (
    file: string,
    path: string,
    workspace: string,
    identifiers: readonly string[],
  ): CompiledQuery => ({
    text: `COPY (SELECT ${COLUMN_NAMES} FROM read_parquet(${literal(file)}) AS s
WHERE NOT (s.workspace = ${text(workspace)} AND ${own(identifiers)})) ${target(path)}`,
    parameters: [],
  }),
  /** The same, with the rows of others as the redactions say. */
  rewriteRedacted: (
    file: string,
    path: string,
    workspace: string,
    identifiers: readonly string[],
    table: string,
  ): CompiledQuery => {
    const columns = Object.keys(COLUMNS).map((name) =>
      name === "properties" || name === "context"
        ? `coalesce(r.${name}, s.${name}::VARCHAR)::JSON AS ${name}`
        : `s.${name}`,
    );
    return {
      text: `COPY (SELECT ${columns.join(", ")}
FROM read_parquet(${literal(file)}, file_row_number = true) AS s
LEFT JOIN ${table} AS r ON r.row_number = s.file_row_number
WHERE NOT (s.workspace = ${text(workspace)} AND ${own(identifiers)}) AND NOT coalesce(r.removed, false)
ORDER BY s.file_row_number) ${target(path)}`,
      parameters: [],
    };
  },
  /** A file without one workspace, or one of its environments. */
  rewriteWithout: (
    file: string,
    path: string,
    scope: { readonly workspace: string; readonly environment: string | null },
  ): CompiledQuery => {
    const environment =
      scope.environment === null ? "" : ` AND s.environment = ${text(scope.environment)}`;
    return {
      text: `COPY (SELECT ${COLUMN_NAMES} FROM read_parquet(${literal(file)}) AS s
WHERE NOT (s.workspace = ${text(scope.workspace)}${environment})) ${target(path)}`,
      parameters: [],
    };
  },
  /** How many events of one workspace each month and environment has. */
  months: (files: ParquetFiles, workspace: string): CompiledQuery => ({
    text: `SELECT s.environment, strftime(make_timestamp(s.occurred_at * 1000), '%Y-%m') AS month, count(*) AS events
FROM read_parquet($1) AS s WHERE s.workspace = $2 GROUP BY s.environment, month ORDER BY month, s.environment`,
    parameters: [files, workspace],
  }),
  /** Every id and every text of the JSON columns, once, for a comparison with digests. */
  identities: (files: ParquetFiles, workspace: string): CompiledQuery => {
    const strings = `'"((?:[^"\\\\]|\\\\.)*)"'`;
    return {
      text: `SELECT DISTINCT i.identity, i.quoted FROM (
  SELECT s.unit AS identity, false AS quoted FROM read_parquet($1) AS s WHERE s.workspace = $2
  UNION ALL SELECT s.user_id, false FROM read_parquet($1) AS s WHERE s.workspace = $2
  UNION ALL SELECT s.anonymous_id, false FROM read_parquet($1) AS s WHERE s.workspace = $2
  UNION ALL SELECT unnest(regexp_extract_all(s.properties::VARCHAR, ${strings}, 1)), true
    FROM read_parquet($1) AS s WHERE s.workspace = $2
  UNION ALL SELECT unnest(regexp_extract_all(s.context::VARCHAR, ${strings}, 1)), true
    FROM read_parquet($1) AS s WHERE s.workspace = $2
) AS i WHERE i.identity IS NOT NULL`,
      parameters: [files, workspace],
    };
  },
};
