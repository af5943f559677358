import { UNSENT_TYPES } from "../../../domain/index.ts";
import type { SourcesQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/** @see SourcesQuery */
export function compileSources(query: SourcesQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const bucket = parameters.instant(query.bucketMs);
  const { type, event } = query.events;
  const types =
    type === undefined
      ? `s.type NOT IN (${UNSENT_TYPES.map((apart) => parameters.bind(apart)).join(", ")})`
      : `s.type = ${parameters.bind(type)}`;
  const name = "json_extract_string(s.context, '/library/name')";
  const version = "json_extract_string(s.context, '/library/version')";
  const text = `
SELECT s.source, (s.received_at // ${bucket}) * ${bucket} AS bucket_at, count(*) AS events,
  max(s.received_at) AS newest_received_at,
  arg_max(${name}, s.received_at) FILTER (WHERE ${name} IS NOT NULL) AS library_name,
  arg_max(${version}, s.received_at) FILTER (WHERE ${name} IS NOT NULL) AS library_version
FROM ${source}
WHERE s.workspace = ${parameters.bind(query.workspace)} AND s.environment = ${parameters.bind(query.environment)}
  AND s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}
  AND ${types}${event === undefined ? "" : ` AND s.event = ${parameters.bind(event)}`}
GROUP BY s.source, bucket_at
ORDER BY s.source, bucket_at`;
  return { text, parameters: parameters.list };
}
