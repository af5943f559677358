import type { BadEventsQuery, BadGroupQuery, QueryScope } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, inScope } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

interface Received extends QueryScope {
  readonly from: number;
  readonly to: number;
}

/** The bad events received in the range, with what was wrong as columns. */
function badEvents(query: Received, table: EventTable, parameters: Parameters): string {
  const ids = ["source", "message_id", "event", "unit", "user_id", "anonymous_id"];
  const columns = [...ids, "occurred_at", "received_at", "sent_at", "context"];
  const source = eventsOf(
    table,
    ["type", ...columns, "properties"],
    [
      inScope(query, parameters),
      "s.type = 'bad'",
      `s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}`,
    ],
  );
  const property = (name: string): string =>
    `JSONExtract(e.properties, '${name}', 'Nullable(String)')`;
  return `(
  SELECT ${columns.map((column) => `e.${column} AS ${column}`).join(", ")}, e.properties AS properties,
    ifNull(${property("kind")}, '') AS fault, ${property("plan")} AS plan,
    ifNull(${property("path")}, '') AS path, ifNull(${property("reason")}, '') AS reason
  FROM ${source} AS e
)`;
}

/** A later event of the same source says that a bad event was replayed or dismissed. */
function unresolved(query: QueryScope, table: EventTable, parameters: Parameters): string {
  return `(b.source, concat('resolved:', b.message_id)) GLOBAL NOT IN (
    SELECT s.source, s.message_id FROM ${table.name} AS s
    WHERE ${inScope(query, parameters)} AND s.type = 'resolved')`;
}

/** @see BadEventsQuery */
export function compileBadEvents(query: BadEventsQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const bad = badEvents(query, table, parameters);
  const conditions = [
    ...(query.event === undefined ? [] : [`b.event = ${parameters.bind(query.event)}`]),
    ...(query.plan === undefined ? [] : [`b.plan = ${parameters.bind(query.plan)}`]),
    ...(query.resolved === "included" ? [] : [unresolved(query, table, parameters)]),
  ];
  const group = "b.event, b.fault, b.plan, b.path, b.reason";
  const text = `
SELECT g.event AS event, g.fault AS fault, g.plan AS plan, g.path AS path, g.reason AS reason,
  g.events AS events, g.first_received_at AS first_received_at,
  g.last_received_at AS last_received_at, g.example.1 AS source, g.example.2 AS message_id,
  g.example.3 AS received_at, g.example.4 AS properties
FROM (
  SELECT b.event AS event, b.fault AS fault, b.plan AS plan, b.path AS path, b.reason AS reason,
    count() AS events, min(b.received_at) AS first_received_at,
    max(b.received_at) AS last_received_at,
    argMax((b.source, b.message_id, b.received_at, b.properties), (b.received_at, b.message_id, b.source)) AS example
  FROM ${bad} AS b${
    conditions.length === 0
      ? ""
      : `
  WHERE ${conditions.join(" AND ")}`
  }
  GROUP BY ${group}
) AS g
ORDER BY g.events DESC, g.last_received_at DESC, g.event, g.path
LIMIT ${parameters.bind(query.limit)}`;
  return { text, parameters: parameters.list };
}

/** @see BadGroupQuery */
export function compileBadGroup(query: BadGroupQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const bad = badEvents(query, table, parameters);
  const { group, only, after } = query;
  const conditions = [
    ...(group === undefined
      ? []
      : [
          `b.event = ${parameters.bind(group.event)}`,
          `b.fault = ${parameters.bind(group.fault)}`,
          group.plan === null ? "b.plan IS NULL" : `b.plan = ${parameters.bind(group.plan)}`,
          `b.path = ${parameters.bind(group.path)}`,
          `b.reason = ${parameters.bind(group.reason)}`,
        ]),
    ...(only === undefined
      ? []
      : [
          `b.source = ${parameters.bind(only.source)}`,
          `b.message_id = ${parameters.bind(only.messageId)}`,
        ]),
    unresolved(query, table, parameters),
    ...(after === undefined
      ? []
      : [
          `(b.received_at, b.source, b.message_id) > (${parameters.instant(after.receivedAt)}, ${parameters.bind(after.source)}, ${parameters.bind(after.messageId)})`,
        ]),
  ];
  const text = `
SELECT b.source AS source, b.message_id AS message_id, b.event AS event, b.unit AS unit, b.user_id AS user_id,
  b.anonymous_id AS anonymous_id, b.occurred_at AS occurred_at, b.received_at AS received_at,
  b.sent_at AS sent_at, b.context AS context, b.properties AS properties
FROM ${bad} AS b
WHERE ${conditions.join(" AND ")}
ORDER BY b.received_at, b.source, b.message_id
LIMIT ${parameters.bind(query.limit)}`;
  return { text, parameters: parameters.list };
}
