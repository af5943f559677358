import { MAX_FUNNEL_STEPS } from "../../../domain/index.ts";
import type { FunnelQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, exposuresOf, happened, inScope, propertyText, selected } from "./fragments.ts";
import { EXPOSED_COLUMNS, EXPOSED_ONCE, namedSplit } from "./split.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

/**
 * The instants of each step's events as lists of a unit, and one level of the statement for each
 * step, which finds the step's instant in its list.
 *
 * @see FunnelQuery
 * @throws RangeError for fewer than 2 or more than 12 steps
 */
export function compileFunnel(query: FunnelQuery, table: EventTable): CompiledQuery {
  const { steps } = query;
  if (steps.length < 2 || steps.length > MAX_FUNNEL_STEPS) {
    throw new RangeError(`a funnel has 2 to ${MAX_FUNNEL_STEPS} steps`);
  }
  const parameters = new Parameters();
  let rows = entered(query, units(query, table, parameters), parameters);
  for (const step of steps.keys()) if (step > 0) rows = withStep(query, step, rows, parameters);
  const reached = [...steps.keys()].map((step) =>
    step === 0
      ? "(0, u.at0, CAST(NULL, 'Nullable(Int64)'))"
      : `(${step}, u.at${step}, u.at${step} - u.at${step - 1})`,
  );
  const text = `
SELECT d.split AS split, d.other AS other, d.step AS step,
  multiIf(d.step = 0, NULL, d.delay < 1, -1,
    d.octave * 16 + intDiv((d.delay - bitShiftLeft(toInt64(1), d.octave)) * 16, bitShiftLeft(toInt64(1), d.octave))) AS delay_bin,
  count() AS units
FROM (
  SELECT u.split AS split, u.other AS other, x.1 AS step, ifNull(x.3, 0) AS delay,
    toInt64(floor(log2(greatest(ifNull(x.3, 1), 1)))) AS octave
  FROM ${rows} AS u
  ARRAY JOIN arrayFilter(x -> x.2 IS NOT NULL, [${reached.join(", ")}]) AS x
) AS d
GROUP BY split, other, step, delay_bin
ORDER BY other, split, step, delay_bin`;
  return { text, parameters: parameters.list };
}

/** Steps that select the same events share one list: the place of the first of them. */
function listOf(query: FunnelQuery, step: number): number {
  const own = JSON.stringify(query.steps[step]);
  return query.steps.findIndex((selection) => JSON.stringify(selection) === own);
}

function lists(query: FunnelQuery): number[] {
  return [...new Set([...query.steps.keys()].slice(1).map((step) => listOf(query, step)))];
}

function ofStep({ steps }: FunnelQuery, step: number, row: string, parameters: Parameters): string {
  const selection = steps[step];
  return selection === undefined ? "false" : selected(selection, parameters, row);
}

/** One row for each unit that entered: `split`, the instant `at0`, and the lists `times…`. */
function units(query: FunnelQuery, table: EventTable, parameters: Parameters): string {
  const { split, from, to } = query;
  const variant = split?.by === "variant" ? split : null;
  const exposed = (row: string): string =>
    variant === null
      ? "false"
      : `(${exposuresOf(variant.exposure, parameters, row)} AND ${row}.occurred_at >= ${parameters.instant(variant.from)})`;
  const entry = (row: string): string =>
    `(${ofStep(query, 0, row, parameters)} AND ${happened(from, to, parameters, row)})`;
  const later = (place: number, row: string): string =>
    `(${ofStep(query, place, row, parameters)} AND ${row}.occurred_at >= ${parameters.instant(from)})`;
  const places = lists(query);
  const source = eventsOf(
    table,
    [
      "workspace",
      "unit",
      "type",
      "event",
      "occurred_at",
      ...(variant === null ? [] : ["experiment_id", "flag_key", "variant"]),
      ...(split?.by === "property" ? ["properties"] : []),
    ],
    [
      inScope(query, parameters),
      `(${[exposed("s"), entry("s"), ...places.map((place) => later(place, "s"))].join(" OR ")})`,
    ],
  );
  const marked = (condition: string): string => `ifNull(${condition}, false)`;
  const value = split?.by === "property" ? propertyText(split.property, parameters, "e") : "NULL";
  return `(
    SELECT e.unit AS unit, groupArrayIf(e.occurred_at, e.entry) AS entries,
      ${firstValue(query)} AS split${variant === null ? "" : `, ${EXPOSED_COLUMNS.join(", ")}`},
      ${places.map((place) => `groupArrayIf(e.occurred_at, e.step${place}) AS times${place}`).join(",\n      ")}
    FROM (
      SELECT e.workspace AS workspace, e.unit AS unit, e.occurred_at AS occurred_at,
        ${variant === null ? "" : `e.variant AS variant, ${marked(exposed("e"))} AS exposed, `}${entry("e")} AS entry,
        ${value} AS value,
        ${places.map((place) => `${later(place, "e")} AS step${place}`).join(",\n        ")}
      FROM ${source} AS e
    ) AS e
    GROUP BY e.workspace, e.unit
    HAVING ${variant === null ? "notEmpty(entries)" : EXPOSED_ONCE}
  )`;
}

/** Of two entries at one instant the lesser value counts; one without the property comes last. */
function firstValue({ split }: FunnelQuery): string {
  if (split === undefined) return "CAST(NULL, 'Nullable(String)')";
  if (split.by === "variant") return "minIf(e.variant, e.exposed)";
  return `tupleElement(argMinIf(tuple(e.value), (e.occurred_at, e.value IS NULL, ifNull(e.value, '')), e.entry), 1)`;
}

function entered(query: FunnelQuery, rows: string, parameters: Parameters): string {
  const { split } = query;
  const times = lists(query)
    .map((place) => `r.times${place} AS times${place}`)
    .join(", ");
  const entries =
    split?.by === "variant" ? "arrayFilter(t -> t >= r.exposed_at, r.entries)" : "r.entries";
  const counted = `(SELECT w.split AS split, 1 AS events FROM ${rows} AS w)`;
  const named =
    split?.by === "property"
      ? namedSplit(split, counted, parameters)
      : "r.split AS split, false AS other";
  return `(
    SELECT r.unit AS unit, ${named}, ${times}, arrayReduce('minOrNull', ${entries}) AS at0
    FROM ${rows} AS r
  )`;
}

function withStep(query: FunnelQuery, step: number, rows: string, parameters: Parameters): string {
  const earlier = [...Array(step).keys()].map((place) => `u.at${place} AS at${place}`);
  const times = lists(query).map((place) => `u.times${place} AS times${place}`);
  const same = [...Array(step).keys()].findLast(
    (place) => listOf(query, place) === listOf(query, step),
  );
  // One event is not two steps: after the last earlier step that selects the same events.
  const after = same === undefined ? "" : ` AND t > assumeNotNull(u.at${same})`;
  return `(
    SELECT u.unit AS unit, u.split AS split, u.other AS other, ${[...times, ...earlier].join(", ")},
      if(u.at${step - 1} IS NULL, NULL, arrayReduce('minOrNull', arrayFilter(
        t -> t >= assumeNotNull(u.at${step - 1}) AND t < assumeNotNull(u.at0) + ${parameters.instant(query.windowMs)}${after},
        u.times${listOf(query, step)}))) AS at${step}
    FROM ${rows} AS u
  )`;
}
