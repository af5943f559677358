import type { SeriesQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import {
  estimatedUnits,
  eventsOf,
  happened,
  inScope,
  propertyNumber,
  propertyText,
  selected,
  UNIT_REGISTER,
} from "./fragments.ts";
import { exposedUnits, NAMED_SPLIT, topValues } from "./split.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/**
 * Different units are counted by grouping twice, which spills where `count(DISTINCT)` does not, and
 * costs less.
 *
 * @see SeriesQuery
 */
export function compileSeries(query: SeriesQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const { measure, split } = query;
  const bucket = parameters.instant(query.bucketMs);
  const offset = parameters.instant(query.zoneOffsetMs);
  const ctes: string[] = [];
  if (split?.by === "variant") ctes.push(exposedUnits(query, split, source, parameters));
  const exactUnits = measure.of === "units" && measure.precision === "exact";
  const value =
    measure.of === "sum" || measure.of === "mean"
      ? propertyNumber(measure.property, parameters)
      : "NULL::DOUBLE";
  const columns = [
    `((s.occurred_at + ${offset}) // ${bucket}) * ${bucket} - ${offset} AS bucket_at`,
    `${splitColumn(query, parameters)} AS split`,
    ...(measure.of === "units" ? [exactUnits ? "s.unit" : UNIT_REGISTER] : []),
    `${value} AS value`,
  ];
  ctes.push(`event AS ${split?.by === "property" ? "MATERIALIZED " : ""}(
  SELECT ${columns.join(", ")}
  FROM ${source}${split?.by === "variant" ? " JOIN exposed AS f ON f.unit = s.unit" : ""}
  WHERE ${inScope(query, parameters)} AND ${selected(query.events, parameters)}
    AND ${happened(query.from, query.to, parameters)}${split?.by === "variant" ? " AND s.occurred_at >= f.exposed_at" : ""}
)`);
  if (split?.by === "property") ctes.push(topValues(split, "event", parameters));
  ctes.push(namedEvents(query));
  const { rows, columns: counts } = counted(query);
  const text = `
WITH ${ctes.join(", ")}
SELECT n.bucket_at, n.split, n.other, ${counts}
FROM ${rows} AS n
GROUP BY n.bucket_at, n.split, n.other
ORDER BY n.bucket_at, n.other, n.split`;
  return { text, parameters: parameters.list };
}

function splitColumn(query: SeriesQuery, parameters: Parameters): string {
  if (query.split === undefined) return "NULL::VARCHAR";
  return query.split.by === "variant"
    ? "f.variant"
    : propertyText(query.split.property, parameters);
}

/** The rows to group by bucket and line, and the columns that count them. */
function counted({ measure }: SeriesQuery): { readonly rows: string; readonly columns: string } {
  const line = "n.bucket_at, n.split, n.other";
  const nothing = "0::DOUBLE AS total, 0 AS numbers";
  if (measure.of !== "units") {
    const columns = `count(*) AS events, 0 AS units, coalesce(sum(n.value), 0) AS total, count(n.value) AS numbers`;
    return { rows: "named", columns };
  }
  if (measure.precision === "exact") {
    return {
      rows: `(SELECT ${line}, count(*) AS events FROM named AS n GROUP BY ${line}, n.unit)`,
      columns: `sum(n.events)::BIGINT AS events, count(*) AS units, ${nothing}`,
    };
  }
  return {
    rows: `(SELECT ${line}, max(n.rank) AS rank, count(*) AS events FROM named AS n GROUP BY ${line}, n.register)`,
    columns: `sum(n.events)::BIGINT AS events, ${estimatedUnits("n")} AS units, ${nothing}`,
  };
}

/** The events with the lines they belong to. */
function namedEvents(query: SeriesQuery): string {
  const kept = keptColumns(query);
  if (query.split?.by !== "property") {
    return `named AS (SELECT r.bucket_at, r.split, false AS other${kept} FROM event AS r)`;
  }
  return `named AS (
  SELECT r.bucket_at, ${NAMED_SPLIT}${kept}
  FROM event AS r LEFT JOIN top AS t ON t.split = r.split
)`;
}

function keptColumns({ measure }: SeriesQuery): string {
  if (measure.of !== "units") return ", r.value";
  return measure.precision === "exact" ? ", r.unit" : ", r.register, r.rank";
}
