import { UNSENT_TYPES } from "../../../domain/index.ts";
import type { ExportFormat, ExportQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { EVENT_COLUMNS } from "./event-stream.ts";
import { eventsOf, happened, inScope, oneOf } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

const MAYBE_ABSENT: ReadonlySet<string> = new Set([
  "user_id",
  "anonymous_id",
  "client_timestamp",
  "sent_at",
  "experiment_id",
  "flag_key",
  "revision",
  "variant",
]);
const INSTANTS: ReadonlySet<string> = new Set([
  "occurred_at",
  "client_timestamp",
  "sent_at",
  "received_at",
]);
const OBJECTS: ReadonlySet<string> = new Set(["properties", "context"]);

/** The events of an export, as lines in the log's own form or as Parquet, in the order of receipt. */
export function exportStatement(
  query: ExportQuery,
  format: ExportFormat,
  table: EventTable,
): CompiledQuery {
  const parameters = new Parameters();
  const source = chosen(query, table, parameters);
  const [columns, name] =
    format === "lines" ? [`${line()} AS line`, "TabSeparatedRaw"] : [parquetColumns(), "Parquet"];
  return {
    text: `SELECT ${columns}
FROM ${source} AS e
ORDER BY e.received_at, e.occurred_at, e.message_id
FORMAT ${name}`,
    parameters: parameters.list,
  };
}

/** How many events an export has. */
export function countStatement(query: ExportQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  return {
    text: `SELECT count() AS events FROM ${chosen(query, table, parameters)} AS e`,
    parameters: parameters.list,
  };
}

function chosen(query: ExportQuery, table: EventTable, parameters: Parameters): string {
  const equal = (
    [
      ["type", query.type],
      ["event", query.event],
      ["unit", query.unit],
      ["source", query.source],
    ] as const
  ).flatMap(([column, value]) =>
    value === undefined ? [] : [`s.${column} = ${parameters.bind(value)}`],
  );
  return eventsOf(table, EVENT_COLUMNS, [
    inScope(query, parameters),
    ...equal,
    ...(query.type === undefined ? [`NOT (${oneOf("s.type", UNSENT_TYPES, parameters)})`] : []),
    happened(query.from, query.to, parameters),
  ]);
}

/** `encodeEvents` in ClickHouse's language: absent values left out, bodies as the JSON they are. */
export function line(row = "e"): string {
  const members = EVENT_COLUMNS.map((column, place) => {
    const key = `'${place === 0 ? "" : ","}"${column}":'`;
    const value = OBJECTS.has(column)
      ? `${row}.${column}`
      : INSTANTS.has(column)
        ? `toString(${row}.${column})`
        : `toJSONString(${MAYBE_ABSENT.has(column) ? `assumeNotNull(${row}.${column})` : `${row}.${column}`})`;
    return MAYBE_ABSENT.has(column)
      ? `if(${row}.${column} IS NULL, '', concat(${key}, ${INSTANTS.has(column) ? `toString(assumeNotNull(${row}.${column}))` : value}))`
      : `concat(${key}, ${value})`;
  });
  return `concat('{', ${members.join(", ")}, '}')`;
}

function parquetColumns(): string {
  return EVENT_COLUMNS.filter((column) => column !== "workspace" && column !== "environment")
    .map((column) =>
      INSTANTS.has(column)
        ? `fromUnixTimestamp64Milli(e.${column}, 'UTC') AS ${column}`
        : `e.${column} AS ${column}`,
    )
    .join(", ");
}
