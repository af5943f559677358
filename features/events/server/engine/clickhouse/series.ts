import type { SeriesMeasure, SeriesQuery, VariantSplit } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import {
  eventsOf,
  exposuresOf,
  happened,
  inScope,
  propertyNumber,
  propertyText,
  selected,
} from "./fragments.ts";
import { EXPOSED_COLUMNS, EXPOSED_ONCE, namedSplit } from "./split.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

/**
 * Grouped by bucket and value first, so that little is left for the values beyond the top ones to be
 * put together. Estimated units are kept as sketches until then.
 *
 * @see SeriesQuery
 */
export function compileSeries(query: SeriesQuery, table: EventTable): CompiledQuery {
  const parameters = new Parameters();
  const { split } = query;
  const rows =
    split?.by === "variant"
      ? variantRows(query, split, table, parameters)
      : eventRows(query, table, parameters);
  const grouped = `(
  SELECT r.bucket_at AS bucket_at, r.split AS split, count() AS events${unitState(query.measure)},
    sum(ifNull(r.value, 0)) AS total, count(r.value) AS numbers
  FROM ${rows} AS r
  GROUP BY bucket_at, split
)`;
  const named =
    split?.by === "property"
      ? namedSplit(split, grouped, parameters)
      : "r.split AS split, false AS other";
  const counted = query.measure.of === "units";
  const text = `
SELECT n.bucket_at AS bucket_at, n.split AS split, n.other AS other,
  sum(n.events) AS events, ${counted ? unitMerge(query.measure) : "0"} AS units,
  sum(n.total) AS total, sum(n.numbers) AS numbers
FROM (
  SELECT r.bucket_at AS bucket_at, ${named}, r.events AS events${counted ? ", r.units AS units" : ""},
    r.total AS total, r.numbers AS numbers
  FROM ${grouped} AS r
) AS n
GROUP BY bucket_at, split, other
ORDER BY bucket_at, other, split`;
  return { text, parameters: parameters.list };
}

function unitState(measure: SeriesMeasure): string {
  if (measure.of !== "units") return "";
  const state = measure.precision === "exact" ? "uniqExactState" : "uniqCombined64State";
  return `, ${state}(r.unit) AS units`;
}

function unitMerge(measure: SeriesMeasure): string {
  const exact = measure.of === "units" && measure.precision === "exact";
  return `${exact ? "uniqExactMerge" : "uniqCombined64Merge"}(n.units)`;
}

function bucketOf(instant: string, query: SeriesQuery, parameters: Parameters): string {
  const bucket = parameters.instant(query.bucketMs);
  const offset = parameters.instant(query.zoneOffsetMs);
  return `intDiv(${instant} + ${offset}, ${bucket}) * ${bucket} - ${offset}`;
}

function measured({ measure }: SeriesQuery, parameters: Parameters): string {
  return measure.of === "sum" || measure.of === "mean"
    ? propertyNumber(measure.property, parameters, "e")
    : "CAST(NULL, 'Nullable(Float64)')";
}

function eventRows(query: SeriesQuery, table: EventTable, parameters: Parameters): string {
  const { split, measure } = query;
  const properties = split !== undefined || measure.of === "sum" || measure.of === "mean";
  const source = eventsOf(
    table,
    ["occurred_at", "unit", ...(properties ? ["properties"] : [])],
    [
      inScope(query, parameters),
      selected(query.events, parameters),
      happened(query.from, query.to, parameters),
    ],
  );
  const value =
    split?.by === "property"
      ? propertyText(split.property, parameters, "e")
      : "CAST(NULL, 'Nullable(String)')";
  return `(
    SELECT ${bucketOf("e.occurred_at", query, parameters)} AS bucket_at, ${value} AS split,
      e.unit AS unit, ${measured(query, parameters)} AS value
    FROM ${source} AS e
  )`;
}

/** The events of each unit as a list beside its exposure, and those from the exposure on as rows. */
function variantRows(
  query: SeriesQuery,
  split: VariantSplit,
  table: EventTable,
  parameters: Parameters,
): string {
  const exposed = (row: string): string =>
    `(${exposuresOf(split.exposure, parameters, row)} AND ${row}.occurred_at >= ${parameters.instant(split.from)})`;
  const counted = (row: string): string =>
    `(${selected(query.events, parameters, row)} AND ${happened(query.from, query.to, parameters, row)})`;
  const { measure } = query;
  const columns = ["type", "event", "experiment_id", "flag_key", "variant", "occurred_at"];
  const properties = measure.of === "sum" || measure.of === "mean" ? ["properties"] : [];
  const source = eventsOf(
    table,
    ["workspace", "unit", ...columns, ...properties],
    [inScope(query, parameters), `(${exposed("s")} OR ${counted("s")})`],
  );
  return `(
    SELECT ${bucketOf("m.1", query, parameters)} AS bucket_at, u.first_variant AS split,
      u.unit AS unit, m.2 AS value
    FROM (
      SELECT e.unit AS unit, ${EXPOSED_COLUMNS.join(", ")},
        groupArrayIf((e.occurred_at, e.value), e.counted) AS messages
      FROM (
        SELECT e.workspace AS workspace, e.unit AS unit, e.variant AS variant,
          e.occurred_at AS occurred_at, ifNull(${exposed("e")}, false) AS exposed,
          ${counted("e")} AS counted, ${measured(query, parameters)} AS value
        FROM ${source} AS e
      ) AS e
      GROUP BY e.workspace, e.unit
      HAVING ${EXPOSED_ONCE}
    ) AS u
    ARRAY JOIN arrayFilter(m -> m.1 >= u.exposed_at, u.messages) AS m
  )`;
}
