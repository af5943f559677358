import type { CatalogQuery, ContextsQuery, RecentQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { estimatedUnits, eventsOf, inScope, notUnsent, UNIT_REGISTER } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/** @see CatalogQuery */
export function compileCatalog(query: CatalogQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const bucket = parameters.instant(query.bucketMs);
  const text = `
WITH event AS (
  SELECT s.type, s.event, (s.received_at // ${bucket}) * ${bucket} AS bucket_at, s.received_at,
    ${UNIT_REGISTER}
  FROM ${source}
  WHERE ${inScope(query, parameters)} AND ${notUnsent(parameters)}
    AND s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}
), counted AS (
  SELECT e.type, e.event, e.bucket_at, max(e.rank) AS rank, count(*) AS events,
    max(e.received_at) AS newest_received_at
  FROM event AS e GROUP BY e.type, e.event, e.bucket_at, e.register
)
SELECT c.type, c.event, c.bucket_at, sum(c.events)::BIGINT AS events,
  ${estimatedUnits("c")} AS units, max(c.newest_received_at) AS newest_received_at
FROM counted AS c
GROUP BY c.type, c.event, c.bucket_at
ORDER BY c.type, c.event, c.bucket_at`;
  return { text, parameters: parameters.list };
}

/** @see RecentQuery */
export function compileRecent(query: RecentQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const conditions = [
    inScope(query, parameters),
    query.type === undefined ? notUnsent(parameters) : `s.type = ${parameters.bind(query.type)}`,
    ...(query.event === undefined ? [] : [`s.event = ${parameters.bind(query.event)}`]),
    ...(query.unit === undefined ? [] : [`s.unit = ${parameters.bind(query.unit)}`]),
    ...(query.after === undefined
      ? []
      : [
          `(s.received_at, s.occurred_at, s.message_id) < (${parameters.instant(query.after.receivedAt)}, ${parameters.instant(query.after.at)}, ${parameters.bind(query.after.messageId)})`,
        ]),
  ];
  const text = `
SELECT s.received_at, s.occurred_at, s.source, s.message_id, s.type, s.event, s.unit, s.flag_key,
  s.variant, s.properties::VARCHAR AS properties, s.context::VARCHAR AS context
FROM ${source}
WHERE ${conditions.join(" AND ")}
ORDER BY s.received_at DESC, s.occurred_at DESC, s.message_id DESC
LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}

/** @see ContextsQuery */
export function compileContexts(query: ContextsQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const text = `
WITH recorded AS (
  SELECT s.event AS rank, s.unit, s.received_at, s.properties::VARCHAR AS properties,
    min(TRY_CAST(json_extract_string(s.context, '/share') AS DOUBLE)) OVER () AS lowest_share,
    row_number() OVER (PARTITION BY s.event ORDER BY s.received_at DESC, s.message_id DESC) AS place
  FROM ${source}
  WHERE ${inScope(query, parameters)} AND s.type = 'context'
    AND s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}
)
SELECT r.rank, r.unit, r.received_at, r.properties, r.lowest_share
FROM recorded AS r
WHERE r.place = 1
ORDER BY r.rank
LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}
