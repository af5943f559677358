import { UNSENT_TYPES } from "../../../domain/index.ts";
import type { EventSelection, ExposureSelection, QueryScope } from "../../../domain/index.ts";
import { COLUMN_NAMES } from "./loading.ts";
import type { EventFiles, Parameters, ParquetFiles } from "./statement.ts";

/**
 * Numbers beyond this are read as none: their squares would leave the range of a double, and one
 * hostile event must not fail a query.
 */
const LARGEST_VALUE = 1e100;

/** The events of the store as `s`. */
export function eventsOf(files: EventFiles, parameters: Parameters): string {
  if (!("buckets" in files)) return `${read(files, parameters)} AS s`;
  const digits = files.buckets.map((bucket) => bucket.toString(16));
  const parts = [
    ...(files.own.length === 0
      ? []
      : [`SELECT ${COLUMN_NAMES} FROM ${read(files.own, parameters)}`]),
    ...(files.shared.length === 0
      ? []
      : [
          `SELECT ${COLUMN_NAMES} FROM ${read(files.shared, parameters)}
    WHERE ${oneOf("substr(md5(workspace || ' ' || unit), 1, 1)", digits, parameters)}`,
        ]),
  ];
  return `(${parts.join("\n    UNION ALL ")}) AS s`;
}

function read(files: ParquetFiles, parameters: Parameters): string {
  return `read_parquet(${parameters.bind(files)})`;
}

export function inScope(query: QueryScope, parameters: Parameters): string {
  return `s.workspace = ${parameters.bind(query.workspace)} AND s.environment = ${parameters.bind(query.environment)}`;
}

/** Each value is a parameter of its own: a list would keep the files' own ranges from being used. */
export function oneOf(column: string, values: readonly string[], parameters: Parameters): string {
  if (values.length === 0) return "false";
  return `${column} IN (${values.map((value) => parameters.bind(value)).join(", ")})`;
}

/** `oneOf` that a file's reader applies to each row before it decodes the row's other columns. */
export function amongThem(
  column: string,
  values: readonly string[],
  parameters: Parameters,
): string {
  return values.length > 1
    ? `list_contains(${parameters.bind(values)}, ${column})`
    : oneOf(column, values, parameters);
}

/** Both: to `IN` a file's reader holds the ranges of a group of rows only. */
export function eachOneOf(
  column: string,
  values: readonly string[],
  parameters: Parameters,
): string {
  const ranges = oneOf(column, values, parameters);
  return values.length > 1 ? `${ranges} AND ${amongThem(column, values, parameters)}` : ranges;
}

/** Bad events, their resolutions and recorded contexts are nobody's events. */
export function notUnsent(parameters: Parameters): string {
  return `NOT (${oneOf("s.type", UNSENT_TYPES, parameters)})`;
}

export function selected(selection: EventSelection, parameters: Parameters): string {
  const type =
    selection.type === undefined
      ? notUnsent(parameters)
      : `s.type = ${parameters.bind(selection.type)}`;
  return selection.event === undefined
    ? type
    : `${type} AND s.event = ${parameters.bind(selection.event)}`;
}

/** Happened in `[from, to)`. */
export function happened(from: number, to: number, parameters: Parameters): string {
  return `s.occurred_at >= ${parameters.instant(from)} AND s.occurred_at < ${parameters.instant(to)}`;
}

export function exposuresOf(exposure: ExposureSelection, parameters: Parameters): string {
  const { experimentId, flagKey } = exposure;
  const ways = [
    ...(experimentId === undefined ? [] : [`s.experiment_id = ${parameters.bind(experimentId)}`]),
    ...(flagKey === undefined
      ? []
      : [
          `s.flag_key = ${parameters.bind(flagKey)}${experimentId === undefined ? "" : " AND s.experiment_id IS NULL"}`,
        ]),
  ];
  return `s.type = 'exposure' AND (${ways.map((way) => `(${way})`).join(" OR ") || "false"})`;
}

/** A top-level property as text; null where there is none. */
export function propertyText(property: string, parameters: Parameters): string {
  const pointer = `/${property.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return `json_extract_string(s.properties, ${parameters.bind(pointer)})`;
}

/** A top-level property as a number; null where it is none, or none that can be counted with. */
export function propertyNumber(property: string, parameters: Parameters): string {
  const number = `TRY_CAST(${propertyText(property, parameters)} AS DOUBLE)`;
  return `CASE WHEN abs(${number}) <= ${parameters.bind(LARGEST_VALUE)} THEN ${number} END`;
}

/** Registers of the estimate of different units: 2,048 give a standard error of 2.3 %. */
const REGISTER_BITS = 11;
const REGISTERS = 2 ** REGISTER_BITS;
const RANK_BITS = 64 - REGISTER_BITS;
/** Bias of the raw estimate for this many registers, and where counting empty ones is better. */
const BIAS = 0.7213 / (1 + 1.079 / REGISTERS);
const SMALL = 2.5 * REGISTERS;

/**
 * What an estimate of different units needs of each event: its register and the rank there. The
 * engine's own estimate has 64 registers and is off by 13 %.
 *
 * @see Flajolet, Fusy, Gandouet, Meunier (2007), HyperLogLog
 */
export const UNIT_REGISTER = `(hash(s.unit) & ${REGISTERS - 1})::INTEGER AS register,
    (${RANK_BITS} - floor(log2(greatest(hash(s.unit) >> ${REGISTER_BITS}, 1))))::INTEGER AS rank`;

/** The estimate, over rows that hold the highest `rank` of each register once. */
export function estimatedUnits(rows: string): string {
  const empty = `(${REGISTERS} - count(*))`;
  const raw = `${BIAS * REGISTERS * REGISTERS} / (sum(pow(2, -${rows}.rank)) + ${empty})`;
  return `round(CASE WHEN ${raw} <= ${SMALL} AND ${empty} > 0
    THEN ${REGISTERS} * ln(${REGISTERS}::DOUBLE / ${empty}) ELSE ${raw} END)::BIGINT`;
}
