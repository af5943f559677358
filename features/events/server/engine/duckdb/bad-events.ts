import type { BadEventsQuery, BadGroupQuery, QueryScope } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, inScope } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

const FAULT = `json_extract_string(s.properties, '/kind') AS fault,
    json_extract_string(s.properties, '/plan') AS plan,
    coalesce(json_extract_string(s.properties, '/path'), '') AS path,
    coalesce(json_extract_string(s.properties, '/reason'), '') AS reason`;

/** @see BadEventsQuery */
export function compileBadEvents(query: BadEventsQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const conditions = [
    ...(query.event === undefined ? [] : [`b.event = ${parameters.bind(query.event)}`]),
    ...(query.plan === undefined ? [] : [`b.plan = ${parameters.bind(query.plan)}`]),
    ...(query.resolved === "included" ? [] : [UNRESOLVED]),
  ];
  const text = `
WITH ${badAndResolved(query, source, parameters)}, grouped AS (
  SELECT b.event, b.fault, b.plan, b.path, b.reason, count(*) AS events,
    min(b.received_at) AS first_received_at, max(b.received_at) AS last_received_at,
    arg_max({'source': b.source, 'message_id': b.message_id, 'received_at': b.received_at, 'properties': b.properties},
      {'received_at': b.received_at, 'message_id': b.message_id, 'source': b.source}) AS example
  FROM bad AS b${
    conditions.length === 0
      ? ""
      : `
  WHERE ${conditions.join(" AND ")}`
  }
  GROUP BY b.event, b.fault, b.plan, b.path, b.reason
)
SELECT g.event, g.fault, g.plan, g.path, g.reason, g.events, g.first_received_at, g.last_received_at,
  g.example.source AS source, g.example.message_id AS message_id,
  g.example.received_at AS received_at, g.example.properties AS properties
FROM grouped AS g
ORDER BY g.events DESC, g.last_received_at DESC, g.event, g.path
LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}

/** @see BadGroupQuery */
export function compileBadGroup(query: BadGroupQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const { group, only, after } = query;
  const conditions = [
    ...(group === undefined
      ? []
      : [
          `b.event = ${parameters.bind(group.event)}`,
          `b.fault = ${parameters.bind(group.fault)}`,
          `b.plan IS NOT DISTINCT FROM ${parameters.bind(group.plan)}`,
          `b.path = ${parameters.bind(group.path)}`,
          `b.reason = ${parameters.bind(group.reason)}`,
        ]),
    ...(only === undefined
      ? []
      : [
          `b.source = ${parameters.bind(only.source)}`,
          `b.message_id = ${parameters.bind(only.messageId)}`,
        ]),
    UNRESOLVED,
    ...(after === undefined
      ? []
      : [
          `(b.received_at, b.source, b.message_id) > (${parameters.instant(after.receivedAt)}, ${parameters.bind(after.source)}, ${parameters.bind(after.messageId)})`,
        ]),
  ];
  const text = `
WITH ${badAndResolved(query, source, parameters)}
SELECT b.source, b.message_id, b.event, b.unit, b.user_id, b.anonymous_id, b.occurred_at, b.received_at,
  b.sent_at, b.context, b.properties
FROM bad AS b
WHERE ${conditions.join(" AND ")}
ORDER BY b.received_at, b.source, b.message_id
LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}

const UNRESOLVED = `NOT EXISTS (
    SELECT 1 FROM resolved AS d WHERE d.source = b.source AND d.message_id = 'resolved:' || b.message_id)`;

/** The bad events received in the range, and what says of bad events that they were dealt with. */
function badAndResolved(
  query: QueryScope & { readonly from: number; readonly to: number },
  source: string,
  parameters: Parameters,
): string {
  const scope = inScope(query, parameters);
  return `bad AS (
  SELECT s.source, s.message_id, s.event, s.unit, s.user_id, s.anonymous_id, s.occurred_at, s.received_at,
    s.sent_at, s.context::VARCHAR AS context, s.properties::VARCHAR AS properties,
    ${FAULT}
  FROM ${source}
  WHERE ${scope} AND s.type = 'bad'
    AND s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}
), resolved AS (
  SELECT s.source, s.message_id FROM ${source} WHERE ${scope} AND s.type = 'resolved'
)`;
}
