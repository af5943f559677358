import type { ExperimentQuery, MetricEvents } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, exposuresOf, inScope, oneOf, propertyNumber } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Place of the first sum in the tuple of a message. */
const FIRST_SUM = 3;

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

/**
 * One reading and one grouping by unit: the exposures of a unit beside the list of its events. So no
 * join crosses the shards, each of which holds whole units.
 *
 * @see ExperimentQuery
 */
export function compileExperiment(query: ExperimentQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const values = metricValues(query);
  const sums = values.filter((value) => value.events.aggregation === "sum");
  const units = exposedUnits(query, table, sums, parameters);
  const columns = values.map((value) => {
    const sum = sums.indexOf(value);
    return `${unitValue(value.events, sum, parameters)} AS ${value.column}`;
  });
  const windowMs = parameters.instant(query.windowHours * HOUR_MS);
  const text = `
SELECT u.variant AS variant, u.day AS day, u.crossed AS crossed, count() AS units,
  sum(u.exposures) AS exposures, max(u.newest_exposure_at) AS newest_exposure_at,
  max(u.newest_event_at) AS newest_event_at${query.metrics
    .map((metric, index) => momentColumns(index, metric.denominator !== undefined))
    .join("")}
FROM (
  SELECT f.first_variant AS variant, f.crossed AS crossed, f.exposures AS exposures,
    f.newest_exposure_at AS newest_exposure_at,
    ${query.cut === "day" ? `intDiv(f.exposed_at, ${DAY_MS}) * ${DAY_MS}` : "0"} AS day,
    arrayFilter(m -> m.1 >= f.exposed_at AND m.1 < f.exposed_at + ${windowMs}, f.messages) AS own,
    if(empty(own), NULL, arrayMax(m -> m.1, own)) AS newest_event_at${columns
      .map((column) => `,\n    ${column}`)
      .join("")}
  FROM ${units} AS f
) AS u
GROUP BY variant, day, crossed
ORDER BY variant, day, crossed`;
  return { text, parameters: parameters.list };
}

/** One row for each exposed unit; a message is its instant, its name, and a number for each sum. */
function exposedUnits(
  query: ExperimentQuery,
  table: EventTable,
  sums: readonly MetricValue[],
  parameters: Parameters,
): string {
  const names = [...new Set(metricValues(query).map((value) => value.events.event))];
  const variants =
    query.variants === undefined ? "" : ` AND ${oneOf("s.variant", query.variants, parameters)}`;
  const exposed = `(${exposuresOf(query.exposure, parameters)}${variants})`;
  const asOf = parameters.instant(query.asOf);
  const columns = ["workspace", "unit", "type", "event", "occurred_at", "variant"];
  const source = eventsOf(table, sums.length === 0 ? columns : [...columns, "properties"], [
    inScope(query, parameters),
    `(${exposed} OR (s.type = 'track' AND ${oneOf("s.event", names, parameters)}))`,
    `s.occurred_at >= ${parameters.instant(query.from)}`,
    `s.occurred_at <= ${asOf} AND s.received_at <= ${asOf}`,
  ]);
  const numbers = sums.map(({ events }) => {
    const property = propertyNumber(events.property ?? "", parameters, "e");
    return `, if(e.event = ${parameters.bind(events.event)}, ifNull(${property}, 0), 0)`;
  });
  return `(
    SELECT assumeNotNull(argMinIf(e.variant, (e.occurred_at, ifNull(e.variant, '')), e.type = 'exposure')) AS first_variant,
      minIf(e.variant, e.type = 'exposure') != maxIf(e.variant, e.type = 'exposure') AS crossed,
      minIf(e.occurred_at, e.type = 'exposure') AS exposed_at,
      maxIf(e.occurred_at, e.type = 'exposure') AS newest_exposure_at,
      countIf(e.type = 'exposure') AS exposures,
      groupArrayIf(tuple(e.occurred_at, e.event${numbers.join("")}), e.type = 'track') AS messages
    FROM ${source} AS e
    GROUP BY e.workspace, e.unit
    HAVING exposures > 0
  )`;
}

/** The number of a unit, from its messages in the window. */
function unitValue(events: MetricEvents, sum: number, parameters: Parameters): string {
  const own = `m.2 = ${parameters.bind(events.event)}`;
  switch (events.aggregation) {
    case "any":
      return `toFloat64(arrayExists(m -> ${own}, own))`;
    case "count":
      return `toFloat64(arrayCount(m -> ${own}, own))`;
    case "sum":
      return `toFloat64(arraySum(m -> m.${FIRST_SUM + sum}, own))`;
  }
}

/** Centred inside the engine (the stable functions are Welford's), so nothing cancels later. */
function momentColumns(index: number, ratio: boolean): string {
  const y = `u.y${index}`;
  const x = `u.x${index}`;
  const numerator = `,
  avg(${y}) AS y${index}_mean, varPopStable(${y}) * count() AS y${index}_m2`;
  if (!ratio) return numerator;
  return `${numerator},
  avg(${x}) AS x${index}_mean, varPopStable(${x}) * count() AS x${index}_m2,
  covarPopStable(${y}, ${x}) * count() AS xy${index}_co_moment`;
}
