import { UNSENT_TYPES } from "../../domain/index.ts";
import type { ExportFormat, ExportQuery } from "../../domain/index.ts";
import { COLUMN_NAMES } from "./duckdb/loading.ts";
import { literal } from "./duckdb/statement.ts";
import type { ParquetFiles } from "./duckdb/statement.ts";
import type { CompiledQuery } from "./plan.ts";

/** Of a Parquet export: what people query with other tools, so instants are instants. */
const PARQUET_COLUMNS = `source, message_id, type, event, unit, user_id, anonymous_id,
  make_timestamp(occurred_at * 1000) AS occurred_at,
  make_timestamp(client_timestamp * 1000) AS client_timestamp,
  make_timestamp(sent_at * 1000) AS sent_at, make_timestamp(received_at * 1000) AS received_at,
  experiment_id, flag_key, revision, variant,
  properties::VARCHAR AS properties, context::VARCHAR AS context`;

const TARGETS: Readonly<Record<ExportFormat, string>> = {
  lines: "FORMAT json",
  parquet: "FORMAT parquet, COMPRESSION zstd",
};

/** Writes the events of a query into a file. COPY takes no parameters: every value is quoted. */
export function exportStatement(
  query: ExportQuery,
  files: ParquetFiles,
  format: ExportFormat,
  path: string,
): CompiledQuery {
  const equal = (
    [
      ["workspace", query.workspace],
      ["environment", query.environment],
      ["type", query.type],
      ["event", query.event],
      ["unit", query.unit],
      ["source", query.source],
    ] as const
  ).flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${literal(value)}`]));
  const apart =
    query.type === undefined ? [`type NOT IN (${UNSENT_TYPES.map(literal).join(", ")})`] : [];
  const conditions = [
    ...equal,
    ...apart,
    `occurred_at >= ${literal(query.from)}`,
    `occurred_at < ${literal(query.to)}`,
  ];
  return {
    text: `COPY (SELECT ${format === "parquet" ? PARQUET_COLUMNS : COLUMN_NAMES}
FROM read_parquet(${literal(files)})
WHERE ${conditions.join("\n  AND ")}
ORDER BY received_at, occurred_at, message_id)
TO ${literal(path)} (${TARGETS[format]})`,
    parameters: [],
  };
}
