import type { TopQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, happened, inScope, propertyText, selected } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/** @see TopQuery */
export function compileTop(query: TopQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const value = query.of.by === "event" ? "s.event" : propertyText(query.of.property, parameters);
  const rows = `
  SELECT ${value} AS value${query.measure === "units" ? ", s.unit" : ""}
  FROM ${source}
  WHERE ${inScope(query, parameters)} AND ${selected(query.events, parameters)}
    AND ${happened(query.from, query.to, parameters)}`;
  const counted =
    query.measure === "events"
      ? rows
      : `
  SELECT u.value FROM (${rows}) AS u GROUP BY u.value, u.unit`;
  const text = `
SELECT r.value, count(*) AS total FROM (${counted}
) AS r WHERE r.value IS NOT NULL
GROUP BY r.value ORDER BY total DESC, r.value LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}
