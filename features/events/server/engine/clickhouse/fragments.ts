import { UNSENT_TYPES } from "../../../domain/index.ts";
import type { EventSelection, ExposureSelection, QueryScope } from "../../../domain/index.ts";
import type { EventTable, Parameters } from "./statement.ts";

/**
 * Numbers beyond this are read as none: their squares would leave the range of a double, and one
 * hostile event must not fail a query.
 */
const LARGEST_VALUE = 1e100;

/** What tells one message from another, beside its workspace and environment. */
const MESSAGE = ["type", "event", "unit", "source", "message_id"];

/**
 * Some columns of the events that fulfil the conditions (which name the table `s`), each message
 * once. Of copies the one that was received first counts, as when the table merges its parts.
 */
export function eventsOf(
  table: EventTable,
  columns: readonly string[],
  conditions: readonly string[],
): string {
  const where = `WHERE ${conditions.join("\n      AND ")}`;
  if (!table.copies) {
    const list = columns.map((column) => `s.${column} AS ${column}`).join(", ");
    return `(
    SELECT ${list}
    FROM ${table.name} AS s
    ${where}
  )`;
  }
  const list = columns.map((column) =>
    [...MESSAGE, "workspace", "environment"].includes(column)
      ? `s.${column} AS ${column}`
      : first(column),
  );
  return `(
    SELECT ${list.join(", ")}
    FROM ${table.name} AS s
    ${where}
    GROUP BY s.workspace, s.environment, ${MESSAGE.map((column) => `s.${column}`).join(", ")}
  )`;
}

/** In a tuple a missing value is a value: alone it would be passed over. */
function first(column: string): string {
  if (column === "received_at") return "min(s.received_at) AS received_at";
  return `tupleElement(argMin(tuple(s.${column}), s.received_at), 1) AS ${column}`;
}

export function inScope(query: QueryScope, parameters: Parameters): string {
  return `s.workspace = ${parameters.bind(query.workspace)} AND s.environment = ${parameters.bind(query.environment)}`;
}

export function oneOf(column: string, values: readonly string[], parameters: Parameters): string {
  if (values.length === 0) return "false";
  return `${column} IN (${values.map((value) => parameters.bind(value)).join(", ")})`;
}

/** Bad events, their resolutions and recorded contexts are nobody's events. */
export function notUnsent(parameters: Parameters): string {
  return `NOT (${oneOf("s.type", UNSENT_TYPES, parameters)})`;
}

/** The events of a selection; `name` is what the statement calls their rows. */
export function selected(selection: EventSelection, parameters: Parameters, name = "s"): string {
  const type =
    selection.type === undefined
      ? `NOT (${oneOf(`${name}.type`, UNSENT_TYPES, parameters)})`
      : `${name}.type = ${parameters.bind(selection.type)}`;
  return selection.event === undefined
    ? type
    : `${type} AND ${name}.event = ${parameters.bind(selection.event)}`;
}

/** Happened in `[from, to)`. */
export function happened(from: number, to: number, parameters: Parameters, name = "s"): string {
  return `${name}.occurred_at >= ${parameters.instant(from)} AND ${name}.occurred_at < ${parameters.instant(to)}`;
}

export function exposuresOf(
  exposure: ExposureSelection,
  parameters: Parameters,
  name = "s",
): string {
  const { experimentId, flagKey } = exposure;
  const ways = [
    ...(experimentId === undefined
      ? []
      : [`${name}.experiment_id = ${parameters.bind(experimentId)}`]),
    ...(flagKey === undefined
      ? []
      : [
          `${name}.flag_key = ${parameters.bind(flagKey)}${experimentId === undefined ? "" : ` AND ${name}.experiment_id IS NULL`}`,
        ]),
  ];
  return `${name}.type = 'exposure' AND ${name}.variant IS NOT NULL AND (${ways.map((way) => `(${way})`).join(" OR ") || "false"})`;
}

/** A top-level property as text, JSON where it is none; null where there is none. */
export function propertyText(property: string, parameters: Parameters, name = "s"): string {
  return `JSONExtract(${name}.properties, ${parameters.bind(property)}, 'Nullable(String)')`;
}

/** A top-level property as a number; null where it is none, or none that can be counted with. */
export function propertyNumber(property: string, parameters: Parameters, name = "s"): string {
  const number = `toFloat64OrNull(trimBoth(${propertyText(property, parameters, name)}))`;
  return `if(abs(${number}) <= ${parameters.bind(LARGEST_VALUE)}, ${number}, NULL)`;
}
