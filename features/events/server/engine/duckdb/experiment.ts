import type { ExperimentQuery, MetricEvents } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import {
  amongThem,
  eachOneOf,
  eventsOf,
  exposuresOf,
  inScope,
  oneOf,
  propertyNumber,
} from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * One row a unit, joined with the events of its window; a message is in the files once, so its rows
 * need no telling apart.
 *
 * @see ExperimentQuery
 */
export function compileExperiment(query: ExperimentQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const text = `
WITH ${unitRows(query, files, parameters)}
${momentRows(query, "first_exposure AS f LEFT JOIN per_unit AS u ON u.unit = f.unit")}`;
  return { text, parameters: parameters.list };
}

/** The tables `first_exposure` and `per_unit`, a row for each unit. */
export function unitRows(
  query: ExperimentQuery,
  files: EventFiles,
  parameters: Parameters,
): string {
  const source = eventsOf(files, parameters);
  const rows = { source, counted: countable(query, parameters), sorted: true };
  return `first_exposure AS MATERIALIZED (
  SELECT ${EXPOSURE_COLUMNS}
  FROM ${source}
  WHERE ${rows.counted} AND ${exposureRows(query, parameters)}
  GROUP BY s.unit
), per_unit AS (
  SELECT s.unit, ${valueColumns(query, parameters)}
  FROM ${metricEvents(query, [rows], parameters)} AS s JOIN first_exposure AS f ON f.unit = s.unit
  WHERE ${inWindow(query, parameters)}
  GROUP BY s.unit
)`;
}

/** Events of some files, and which of their rows count. */
export interface CountedRows {
  readonly source: string;
  /** A condition on `s`. */
  readonly counted: string;
  /** Whether rows of one event name lie together, so that the others are skipped; otherwise not. */
  readonly sorted: boolean;
}

/** Rows of the query's environment, from its start until it looks: a condition on `s`. */
export function countable(query: ExperimentQuery, parameters: Parameters): string {
  const asOf = parameters.instant(query.asOf);
  return `${inScope(query, parameters)} AND s.occurred_at >= ${parameters.instant(query.from)}
    AND s.occurred_at <= ${asOf} AND s.received_at <= ${asOf}`;
}

/** What is kept of a unit's exposures; of two variants at one instant the lesser is the first. */
export const EXPOSURE_COLUMNS = `s.unit,
    arg_min(s.variant, {'occurred_at': s.occurred_at, 'variant': s.variant}) AS variant,
    min(s.variant) AS lowest, max(s.variant) AS highest, min(s.occurred_at) AS exposed_at,
    max(s.occurred_at) AS newest_exposure_at, count(*) AS exposures`;

/** Which of the countable rows are exposures of the experiment. */
export function exposureRows(query: ExperimentQuery, parameters: Parameters): string {
  const variants =
    query.variants === undefined ? "" : ` AND ${oneOf("s.variant", query.variants, parameters)}`;
  return `${exposuresOf(query.exposure, parameters)}${variants}`;
}

/**
 * The metrics' events among some rows. Properties are the bulk of the bytes, so they are read of
 * the events that a sum needs only: in a file that is sorted by event name two reads cost one. A
 * file in the order of arrival is read once, with all properties.
 */
export function metricEvents(
  query: ExperimentQuery,
  counted: readonly CountedRows[],
  parameters: Parameters,
): string {
  const values = metricValues(query);
  const summed = new Set(
    values.flatMap(({ events }) => (events.aggregation === "sum" ? [events.event] : [])),
  );
  const others = new Set(
    values.flatMap(({ events }) => (summed.has(events.event) ? [] : [events.event])),
  );
  const read = (rows: CountedRows, names: ReadonlySet<string>, properties: string): string[] =>
    names.size === 0
      ? []
      : [
          `
    SELECT s.unit, s.event, s.occurred_at, ${properties} AS properties
    FROM ${rows.source}
    WHERE ${rows.counted} AND s.type = 'track' AND ${named(rows, [...names], parameters)}`,
        ];
  const nothing = `
    SELECT ''::VARCHAR AS unit, '' AS event, 0::BIGINT AS occurred_at, NULL::JSON AS properties WHERE false`;
  const reads = counted.flatMap((rows) =>
    rows.sorted || summed.size === 0
      ? [...read(rows, summed, "s.properties"), ...read(rows, others, "NULL::JSON")]
      : read(rows, new Set([...summed, ...others]), "s.properties"),
  );
  return `(${(reads.length === 0 ? [nothing] : reads).join("\n    UNION ALL")}
  )`;
}

/** Where names lie anyhow, no group of rows can be skipped by them. */
function named(rows: CountedRows, names: readonly string[], parameters: Parameters): string {
  return rows.sorted
    ? eachOneOf("s.event", names, parameters)
    : amongThem("s.event", names, parameters);
}

/** An event `s` counts from the first exposure `f` of its unit on, for the length of the window. */
export function inWindow(query: ExperimentQuery, parameters: Parameters): string {
  return `s.occurred_at >= f.exposed_at
    AND s.occurred_at < f.exposed_at + ${parameters.instant(windowMs(query))}`;
}

export function windowMs(query: ExperimentQuery): number {
  return query.windowHours * HOUR_MS;
}

export interface MetricValue {
  /** Column: `y0` numerator of the first metric, `x0` its denominator. */
  readonly column: string;
  readonly events: MetricEvents;
}

export function metricValues(query: ExperimentQuery): MetricValue[] {
  return query.metrics.flatMap((metric, index) => [
    { column: `y${index}`, events: metric },
    ...(metric.denominator === undefined
      ? []
      : [{ column: `x${index}`, events: metric.denominator }]),
  ]);
}

/** What is kept of a unit's events: the newest instant and a number for each metric value. */
export function valueColumns(query: ExperimentQuery, parameters: Parameters): string {
  return [
    "max(s.occurred_at) AS newest_event_at",
    ...metricValues(query).map(
      (value) => `${unitValue(value.events, parameters)} AS ${value.column}`,
    ),
  ].join(",\n    ");
}

function unitValue(events: MetricEvents, parameters: Parameters): string {
  const own = `s.event = ${parameters.bind(events.event)}`;
  switch (events.aggregation) {
    case "any":
      return `max(CASE WHEN ${own} THEN 1 ELSE 0 END)::DOUBLE`;
    case "count":
      return `count(CASE WHEN ${own} THEN 1 END)::DOUBLE`;
    case "sum":
      return `coalesce(sum(CASE WHEN ${own} THEN ${propertyNumber(events.property ?? "", parameters)} END), 0)`;
  }
}

/** The partials of units in `rows`: exposures as `f`, and their values, which may be null. */
export function momentRows(query: ExperimentQuery, rows: string, values = "u"): string {
  const day = query.cut === "day" ? `(f.exposed_at // ${DAY_MS}) * ${DAY_MS}` : "0::BIGINT";
  const columns = query.metrics.map((metric, index) =>
    momentColumns(
      `${values}.y${index}`,
      `${values}.x${index}`,
      index,
      metric.denominator !== undefined,
    ),
  );
  return `SELECT f.variant, ${day} AS day, f.lowest <> f.highest AS crossed, count(*) AS units,
  sum(f.exposures)::BIGINT AS exposures, max(f.newest_exposure_at) AS newest_exposure_at,
  max(${values}.newest_event_at) AS newest_event_at${columns.join("")}
FROM ${rows}
GROUP BY f.variant, day, crossed
ORDER BY f.variant, day, crossed`;
}

/** Centred inside the engine (its var_pop and covar_pop are Welford's), so nothing cancels later. */
function momentColumns(
  numerator: string,
  denominator: string,
  index: number,
  ratio: boolean,
): string {
  const y = `coalesce(${numerator}, 0)`;
  const x = `coalesce(${denominator}, 0)`;
  const own = `,
  avg(${y}) AS y${index}_mean, var_pop(${y}) * count(*) AS y${index}_m2`;
  if (!ratio) return own;
  return `${own},
  avg(${x}) AS x${index}_mean, var_pop(${x}) * count(*) AS x${index}_m2,
  covar_pop(${y}, ${x}) * count(*) AS xy${index}_co_moment`;
}
