import { QUARANTINE_TYPES } from "../../../domain/index.ts";
import type { CatalogQuery, RecentQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { Parameters } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

/** @see CatalogQuery */
export function compileCatalog(query: CatalogQuery, files: ParquetFiles): CompiledQuery {
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

/** @see RecentQuery */
export function compileRecent(query: RecentQuery, files: ParquetFiles): CompiledQuery {
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
