import type { ExperimentQuery, MetricEvents } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { Parameters } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

const HOUR_MS = 3_600_000;

/**
 * Numbers beyond this are read as 0: their squares would leave the range of a double, and one
 * hostile event must not fail an experiment's query.
 */
const LARGEST_VALUE = 1e100;

/** @see ExperimentQuery */
export function compileExperiment(query: ExperimentQuery, files: ParquetFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = parameters.bind(files);
  const scope = `s.workspace = ${parameters.bind(query.workspace)} AND s.environment = ${parameters.bind(query.environment)}`;
  const asOf = parameters.instant(query.asOf);
  const seen = `s.occurred_at <= ${asOf} AND s.received_at <= ${asOf}`;
  const from = parameters.instant(query.from);
  const windowMs = parameters.instant(query.windowHours * HOUR_MS);
  const day = query.cut === "day" ? "(min(s.occurred_at) // 86400000) * 86400000" : "0::BIGINT";
  const values = metricValues(query);
  const names = [...new Set(values.map((value) => value.events.event))];
  const text = `
WITH first_exposure AS (
  SELECT s.unit, arg_min(s.variant, {'occurred_at': s.occurred_at, 'variant': s.variant}) AS variant,
    min(s.occurred_at) AS exposed_at, max(s.occurred_at) AS newest_exposure_at, ${day} AS day,
    min(s.variant) <> max(s.variant) AS crossed,
    count(DISTINCT {'source': s.source, 'message_id': s.message_id}) AS exposures
  FROM read_parquet(${source}) AS s
  WHERE ${scope} AND s.type = 'exposure' AND (${exposureFilter(query, parameters)})
    AND s.occurred_at >= ${from} AND ${seen}
  GROUP BY s.unit
), message AS (
  SELECT s.unit, s.event, max(s.occurred_at) AS occurred_at${values.map((value) => messageValue(value, parameters)).join("")}
  FROM read_parquet(${source}) AS s JOIN first_exposure AS f ON f.unit = s.unit
  WHERE ${scope} AND s.type = 'track' AND s.event IN (SELECT unnest(${parameters.bind(names)}::VARCHAR[]))
    AND s.occurred_at >= ${from} AND s.occurred_at >= f.exposed_at AND s.occurred_at < f.exposed_at + ${windowMs} AND ${seen}
  GROUP BY s.unit, s.event, s.source, s.message_id
), per_unit AS (
  SELECT m.unit, max(m.occurred_at) AS newest_event_at${values.map((value) => unitValue(value, parameters)).join("")}
  FROM message AS m GROUP BY m.unit
)
SELECT f.variant, f.day, f.crossed, count(*) AS units, sum(f.exposures)::BIGINT AS exposures,
  max(f.newest_exposure_at) AS newest_exposure_at, max(u.newest_event_at) AS newest_event_at${query.metrics
    .map((metric, index) => momentColumns(index, metric.denominator !== undefined))
    .join("")}
FROM first_exposure AS f LEFT JOIN per_unit AS u ON u.unit = f.unit
GROUP BY f.variant, f.day, f.crossed
ORDER BY f.variant, f.day, f.crossed`;
  return { text, parameters: parameters.list };
}

interface MetricValue {
  /** Column: `y0` numerator of the first metric, `x0` its denominator. */
  readonly column: string;
  readonly events: MetricEvents;
}

function metricValues(query: ExperimentQuery): MetricValue[] {
  return query.metrics.flatMap((metric, index) => [
    { column: `y${index}`, events: metric },
    ...(metric.denominator === undefined
      ? []
      : [{ column: `x${index}`, events: metric.denominator }]),
  ]);
}

function exposureFilter(query: ExperimentQuery, parameters: Parameters): string {
  const { experimentId, flagKey } = query.exposure;
  const ways = [
    ...(experimentId === undefined ? [] : [`s.experiment_id = ${parameters.bind(experimentId)}`]),
    ...(flagKey === undefined
      ? []
      : [
          `s.flag_key = ${parameters.bind(flagKey)}${experimentId === undefined ? "" : " AND s.experiment_id IS NULL"}`,
        ]),
  ];
  const variants =
    query.variants === undefined
      ? ""
      : ` AND s.variant IN (SELECT unnest(${parameters.bind(query.variants)}::VARCHAR[]))`;
  return `(${ways.map((way) => `(${way})`).join(" OR ") || "false"})${variants}`;
}

/**
 * The value of one message. Copies of a message (a retry after the intake forgot it) are one row;
 * \`min\` of equal copies is the same in whatever order they are read.
 */
function messageValue(value: MetricValue, parameters: Parameters): string {
  if (value.events.aggregation !== "sum") return "";
  const pointer = `/${(value.events.property ?? "").replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const number = `TRY_CAST(json_extract_string(s.properties, ${parameters.bind(pointer)}) AS DOUBLE)`;
  const largest = parameters.bind(LARGEST_VALUE);
  return `,
    min(CASE WHEN abs(${number}) <= ${largest} THEN ${number} ELSE 0 END) AS ${value.column}`;
}

function unitValue(value: MetricValue, parameters: Parameters): string {
  const own = `m.event = ${parameters.bind(value.events.event)}`;
  const expressions = {
    any: `CASE WHEN bool_or(${own}) THEN 1.0::DOUBLE ELSE 0 END`,
    count: `(count(*) FILTER (WHERE ${own}))::DOUBLE`,
    sum: `coalesce(sum(m.${value.column}) FILTER (WHERE ${own}), 0)`,
  };
  return `,
    ${expressions[value.events.aggregation]} AS ${value.column}`;
}

/** Centred inside the engine (its var_pop and covar_pop are Welford's), so nothing cancels later. */
function momentColumns(index: number, ratio: boolean): string {
  const y = `coalesce(u.y${index}, 0)`;
  const x = `coalesce(u.x${index}, 0)`;
  const numerator = `,
  avg(${y}) AS y${index}_mean, var_pop(${y}) * count(*) AS y${index}_m2`;
  if (!ratio) return numerator;
  return `${numerator},
  avg(${x}) AS x${index}_mean, var_pop(${x}) * count(*) AS x${index}_m2,
  covar_pop(${y}, ${x}) * count(*) AS xy${index}_co_moment`;
}
