import {
  cellNumber,
  cellStart,
  MAX_RETENTION_CELLS,
  MAX_RETENTION_COHORTS,
} from "../../../domain/index.ts";
import type { RetentionQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, happened, inScope, selected } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/** Bits of a mask that stay when it is shifted: HUGEINT has 127 without its sign. */
const MASK_BITS = 126;
const DAY_MS = 86_400_000;

/**
 * A unit's cells are bits of one number, which takes a fraction of the time and memory that distinct
 * pairs of unit and cell take.
 *
 * @see RetentionQuery
 * @throws RangeError for more cells or cohorts than a query may have
 */
export function compileRetention(query: RetentionQuery, files: EventFiles): CompiledQuery {
  const { cells, cell, zoneOffsetMs, from, to } = query;
  if (cells < 1 || cells > MAX_RETENTION_CELLS) {
    throw new RangeError(`a cohort has 1 to ${MAX_RETENTION_CELLS} cells`);
  }
  const cohorts =
    cellNumber(Math.max(from, to - 1), cell, zoneOffsetMs) -
    cellNumber(from, cell, zoneOffsetMs) +
    1;
  if (cohorts > MAX_RETENTION_COHORTS) {
    throw new RangeError(`a query has at most ${MAX_RETENTION_COHORTS} cohorts`);
  }
  const same = JSON.stringify(query.start) === JSON.stringify(query.returning);
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const perUnit =
    same && cohorts + cells <= MASK_BITS
      ? oneRead(query, source, cohorts + cells, parameters)
      : twoReads(query, source, parameters);
  const places = [...Array(cells).keys()];
  const text = `
WITH ${perUnit}, cohort AS (
  SELECT m.cell, m.mask, count(*) AS units FROM mask AS m GROUP BY m.cell, m.mask
)
SELECT ${cellStartOf("c.cell", query)} AS cohort_at, sum(c.units)::BIGINT AS units,
  [${places.map((place) => `coalesce(sum(c.units) FILTER (WHERE (c.mask >> ${place}) & 1 = 1), 0)::BIGINT`).join(", ")}] AS returned,
  [${places.map((place) => `coalesce(sum(c.units) FILTER (WHERE c.mask >> ${place} <> 0), 0)::BIGINT`).join(", ")}] AS returned_later
FROM cohort AS c GROUP BY c.cell ORDER BY c.cell`;
  return { text, parameters: parameters.list };
}

/** Who starts and who returns are the same events: the first is the lowest bit. */
function oneRead(
  query: RetentionQuery,
  source: string,
  bits: number,
  parameters: Parameters,
): string {
  const { cell, zoneOffsetMs, from } = query;
  const first = cellNumber(from, cell, zoneOffsetMs);
  const base = parameters.instant(first);
  const end = cellStart(first + bits, cell, zoneOffsetMs);
  const type = bits <= 62 ? "BIGINT" : "HUGEINT";
  const place = placeOf("s.occurred_at", query, first, parameters);
  return `unit AS (
  SELECT s.unit, min(s.occurred_at) AS first_at,
    bit_or(CASE WHEN ${happened(from, end, parameters)} THEN 1::${type} << (${place})::${type} ELSE 0::${type} END) AS mask
  FROM ${source}
  WHERE ${inScope(query, parameters)} AND ${selected(query.start, parameters)}
    AND s.occurred_at <= ${parameters.instant(query.asOf)}
  GROUP BY s.unit
), mask AS (
  SELECT u.cell, ((u.mask >> (u.cell - ${base})::${type}) & ${lowBits(query.cells, type)}) AS mask
  FROM (SELECT u.mask, ${cellOf("u.first_at", query, parameters)} AS cell FROM unit AS u
    WHERE ${firstIn(query, parameters)}) AS u
)`;
}

function twoReads(query: RetentionQuery, source: string, parameters: Parameters): string {
  const asOf = parameters.instant(query.asOf);
  const scope = inScope(query, parameters);
  return `first AS MATERIALIZED (
  SELECT u.unit, u.first_at, ${cellOf("u.first_at", query, parameters)} AS cell
  FROM (SELECT s.unit, min(s.occurred_at) AS first_at FROM ${source}
    WHERE ${scope} AND ${selected(query.start, parameters)} AND s.occurred_at <= ${asOf}
    GROUP BY s.unit) AS u
  WHERE ${firstIn(query, parameters)}
), returned AS (
  SELECT s.unit, bit_or(1::BIGINT << (${cellOf("s.occurred_at", query, parameters)} - f.cell)) AS mask
  FROM ${source} JOIN first AS f ON f.unit = s.unit
  WHERE ${scope} AND ${selected(query.returning, parameters)}
    AND s.occurred_at >= ${parameters.instant(query.from)} AND s.occurred_at <= ${asOf}
    AND s.occurred_at >= f.first_at
    AND ${cellOf("s.occurred_at", query, parameters)} < f.cell + ${query.cells}
  GROUP BY s.unit
), mask AS (
  SELECT f.cell, coalesce(r.mask, 0) AS mask FROM first AS f LEFT JOIN returned AS r ON r.unit = f.unit
)`;
}

function firstIn(query: RetentionQuery, parameters: Parameters): string {
  return `u.first_at >= ${parameters.instant(query.from)} AND u.first_at < ${parameters.instant(query.to)}`;
}

function lowBits(count: number, type: string): string {
  return `((1::${type} << ${count}) - 1)`;
}

/** How many cells an instant lies behind the first one; it is not before it. */
function placeOf(
  instant: string,
  query: RetentionQuery,
  first: number,
  parameters: Parameters,
): string {
  const { cell, zoneOffsetMs } = query;
  if (cell === "month") {
    return `${cellOf(instant, query, parameters)} - ${parameters.instant(first)}`;
  }
  // Days and weeks are of one length, so one division is enough.
  const start = parameters.instant(cellStart(first, cell, zoneOffsetMs));
  return `(${instant} - ${start}) // ${cell === "day" ? DAY_MS : 7 * DAY_MS}`;
}

/** `cellNumber` of an instant. */
function cellOf(instant: string, query: RetentionQuery, parameters: Parameters): string {
  const local = `(${instant} + ${parameters.instant(query.zoneOffsetMs)})`;
  switch (query.cell) {
    case "day":
      return `(${local} // 86400000)`;
    case "week":
      return `((${local} // 86400000 + 3) // 7)`;
    case "month":
      return `(year(epoch_ms(${local})) * 12 + month(epoch_ms(${local})) - 1)`;
  }
}

/** `cellStart` of a cell's number. */
function cellStartOf(number: string, query: RetentionQuery): string {
  const offset = `(${query.zoneOffsetMs})`;
  switch (query.cell) {
    case "day":
      return `${number} * 86400000 - ${offset}`;
    case "week":
      return `(${number} * 7 - 3) * 86400000 - ${offset}`;
    case "month":
      return `epoch_ms(make_timestamp(${number} // 12, ${number} % 12 + 1, 1, 0, 0, 0)) - ${offset}`;
  }
}
