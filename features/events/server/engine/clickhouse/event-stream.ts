import type {
  CatalogQuery,
  ContextsQuery,
  FindQuery,
  RecentQuery,
  SourcesQuery,
  TopQuery,
} from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, happened, inScope, notUnsent, propertyText, selected } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

/** @see CatalogQuery */
export function compileCatalog(query: CatalogQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(
    table,
    ["type", "event", "unit", "received_at"],
    [
      inScope(query, parameters),
      `s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}`,
      notUnsent(parameters),
    ],
  );
  const bucket = parameters.instant(query.bucketMs);
  const text = `
SELECT e.type AS type, e.event AS event, intDiv(e.received_at, ${bucket}) * ${bucket} AS bucket_at,
  count() AS events, uniqCombined64(e.unit) AS units, max(e.received_at) AS newest_received_at
FROM ${source} AS e
GROUP BY type, event, bucket_at
ORDER BY type, event, bucket_at`;
  return { text, parameters: parameters.list };
}

const RECENT = [
  "received_at",
  "occurred_at",
  "source",
  "message_id",
  "type",
  "event",
  "unit",
  "flag_key",
  "variant",
  "properties",
  "context",
];

/** @see RecentQuery */
export function compileRecent(query: RecentQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const { after } = query;
  const conditions = [
    inScope(query, parameters),
    query.type === undefined ? notUnsent(parameters) : `s.type = ${parameters.bind(query.type)}`,
    ...(query.event === undefined ? [] : [`s.event = ${parameters.bind(query.event)}`]),
    ...(query.unit === undefined ? [] : [`s.unit = ${parameters.bind(query.unit)}`]),
    ...(after === undefined ? [] : [`s.received_at <= ${parameters.instant(after.receivedAt)}`]),
  ];
  const source = eventsOf(table, RECENT, [
    ...conditions,
    ...(table.copies ? [sinceNewest(query, table, conditions, parameters)] : []),
  ]);
  // Which copy counts must not depend on the page, so the page is cut from the messages.
  const page =
    after === undefined
      ? ""
      : `
WHERE (e.received_at, e.occurred_at, e.message_id) < (${parameters.instant(after.receivedAt)}, ${parameters.instant(after.at)}, ${parameters.bind(after.messageId)})`;
  const text = `
SELECT ${RECENT.map((column) => `e.${column} AS ${column}`).join(", ")}
FROM ${source} AS e${page}
ORDER BY e.received_at DESC, e.occurred_at DESC, e.message_id DESC
LIMIT ${parameters.bind(query.limit)}`;
  return { text, parameters: parameters.list };
}

/** More rows than a page has messages, if each has this many copies. */
const MOST_COPIES = 8;
/** A retry reaches another node within a day, so older rows cannot be the first copy of newer ones. */
const DAY_MS = 86_400_000;

/** Where the newest rows begin: only these need to be grouped by message. */
function sinceNewest(
  query: RecentQuery,
  table: EventTable,
  conditions: readonly string[],
  parameters: Parameters,
): string {
  return `s.received_at >= (
      SELECT min(n.received_at) FROM (
        SELECT s.received_at AS received_at FROM ${table.name} AS s WHERE ${conditions.join(" AND ")}
        ORDER BY s.received_at DESC LIMIT ${parameters.bind(query.limit * MOST_COPIES)}) AS n) - ${DAY_MS}`;
}

/** The columns of an event, in the order of a line of the log. */
export const EVENT_COLUMNS = [
  "workspace",
  "environment",
  "source",
  "message_id",
  "type",
  "event",
  "unit",
  "user_id",
  "anonymous_id",
  "occurred_at",
  "client_timestamp",
  "sent_at",
  "received_at",
  "experiment_id",
  "flag_key",
  "revision",
  "variant",
  "properties",
  "context",
] as const;

/** Events of some people: their unit, user id or anonymous id is one of the identifiers. */
export function belongsTo(identifiers: readonly string[], parameters: Parameters): string {
  const list = parameters.bind(identifiers);
  return `(s.unit IN ${list} OR ifNull(s.user_id IN ${list}, false) OR ifNull(s.anonymous_id IN ${list}, false))`;
}

/** @see FindQuery */
export function compileFind(query: FindQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const { after, identifiers } = query;
  const source = eventsOf(table, EVENT_COLUMNS, [
    inScope(query, parameters),
    belongsTo(identifiers, parameters),
  ]);
  const page =
    after === undefined
      ? ""
      : `
WHERE (e.received_at, e.source, e.message_id) > (${parameters.instant(after.receivedAt)}, ${parameters.bind(after.source)}, ${parameters.bind(after.messageId)})`;
  const text = `
SELECT ${EVENT_COLUMNS.map((column) => `e.${column} AS ${column}`).join(", ")}
FROM ${source} AS e${page}
ORDER BY e.received_at, e.source, e.message_id
LIMIT ${parameters.bind(query.limit)}`;
  return { text, parameters: parameters.list };
}

/** @see TopQuery */
export function compileTop(query: TopQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const { of } = query;
  const source = eventsOf(
    table,
    ["event", "unit", ...(of.by === "property" ? ["properties"] : [])],
    [
      inScope(query, parameters),
      selected(query.events, parameters),
      happened(query.from, query.to, parameters),
    ],
  );
  const value = of.by === "event" ? "e.event" : propertyText(of.property, parameters, "e");
  const text = `
SELECT ${value} AS value, ${query.measure === "events" ? "count()" : "uniqExact(e.unit)"} AS total
FROM ${source} AS e
GROUP BY value HAVING value IS NOT NULL
ORDER BY total DESC, value
LIMIT ${parameters.bind(query.limit)}`;
  return { text, parameters: parameters.list };
}

/** @see SourcesQuery */
export function compileSources(query: SourcesQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(
    table,
    ["type", "event", "source", "received_at", "context"],
    [
      inScope(query, parameters),
      selected(query.events, parameters),
      `s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}`,
    ],
  );
  const bucket = parameters.instant(query.bucketMs);
  const library = (member: string): string =>
    `JSONExtract(e.context, 'library', '${member}', 'Nullable(String)')`;
  const named = `${library("name")} IS NOT NULL`;
  const text = `
SELECT e.source AS source, intDiv(e.received_at, ${bucket}) * ${bucket} AS bucket_at,
  count() AS events, max(e.received_at) AS newest_received_at,
  argMaxIf(${library("name")}, e.received_at, ${named}) AS library_name,
  argMaxIf(${library("version")}, e.received_at, ${named}) AS library_version
FROM ${source} AS e
GROUP BY source, bucket_at
ORDER BY source, bucket_at`;
  return { text, parameters: parameters.list };
}

/** @see ContextsQuery */
export function compileContexts(query: ContextsQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(
    table,
    ["type", "event", "unit", "message_id", "received_at", "properties", "context"],
    [
      inScope(query, parameters),
      "s.type = 'context'",
      `s.received_at >= ${parameters.instant(query.from)} AND s.received_at < ${parameters.instant(query.to)}`,
    ],
  );
  const newest = "argMax(tuple(e.unit, e.properties), tuple(e.received_at, e.message_id))";
  const text = `
SELECT r.rank AS rank, tupleElement(r.newest, 1) AS unit, r.received_at AS received_at,
  tupleElement(r.newest, 2) AS properties, min(r.share) OVER () AS lowest_share
FROM (
  SELECT e.event AS rank, ${newest} AS newest, max(e.received_at) AS received_at,
    min(JSONExtractFloat(e.context, 'share')) AS share
  FROM ${source} AS e
  GROUP BY rank
) AS r
ORDER BY rank
LIMIT ${parameters.bind(query.limit)}`;
  return { text, parameters: parameters.list };
}
