import { cellNumber, MAX_RETENTION_CELLS, MAX_RETENTION_COHORTS } from "../../../domain/index.ts";
import type { RetentionQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, inScope, selected } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventTable } from "./statement.ts";

/**
 * A unit's events are put together by calendar cell first: the newest return of a cell tells whether
 * any came at or after the unit's first start.
 *
 * @see RetentionQuery
 * @throws RangeError for more cells or cohorts than a query may have
 */
export function compileRetention(query: RetentionQuery, table: EventTable): CompiledQuery {
  const { cells, cell, zoneOffsetMs, from, to } = query;
  if (cells < 1 || cells > MAX_RETENTION_CELLS) {
    throw new RangeError(`a cohort has 1 to ${MAX_RETENTION_CELLS} cells`);
  }
  const cohorts =
    cellNumber(Math.max(from, to - 1), cell, zoneOffsetMs) - cellNumber(from, cell, zoneOffsetMs);
  if (cohorts >= MAX_RETENTION_COHORTS) {
    throw new RangeError(`a query has at most ${MAX_RETENTION_COHORTS} cohorts`);
  }
  const parameters = new Parameters();
  const start = (row: string): string => `(${selected(query.start, parameters, row)})`;
  const back = (row: string): string =>
    `(${selected(query.returning, parameters, row)} AND ${row}.occurred_at >= ${parameters.instant(from)})`;
  const source = eventsOf(
    table,
    ["workspace", "unit", "type", "event", "occurred_at"],
    [
      inScope(query, parameters),
      `(${start("s")} OR ${back("s")})`,
      `s.occurred_at <= ${parameters.instant(query.asOf)}`,
    ],
  );
  const count = parameters.instant(cells);
  const own = "c.1 = u.cell + place AND c.2 >= u.first_at";
  const later = `c.1 >= u.cell + place AND c.1 < u.cell + ${count} AND c.2 >= u.first_at`;
  const text = `
SELECT ${cellStartOf("m.cell", query, parameters)} AS cohort_at, count() AS units,
  sumForEach(m.returned) AS returned, sumForEach(m.returned_later) AS returned_later
FROM (
  SELECT u.cell AS cell,
    arrayMap(place -> toUInt64(arrayExists(c -> ${own}, u.backs)), range(toUInt64(${count}))) AS returned,
    arrayMap(place -> toUInt64(arrayExists(c -> ${later}, u.backs)), range(toUInt64(${count}))) AS returned_later
  FROM (
    SELECT assumeNotNull(min(k.started_at)) AS first_at,
      ${cellOf("first_at", query, parameters)} AS cell,
      groupArrayIf((k.cell, assumeNotNull(k.back_at)), k.back_at IS NOT NULL) AS backs
    FROM (
      SELECT e.workspace AS workspace, e.unit AS unit, ${cellOf("e.occurred_at", query, parameters)} AS cell,
        minOrNullIf(e.occurred_at, ${start("e")}) AS started_at,
        maxOrNullIf(e.occurred_at, ${back("e")}) AS back_at
      FROM ${source} AS e
      GROUP BY workspace, unit, cell
    ) AS k
    GROUP BY k.workspace, k.unit
    HAVING count(k.started_at) > 0 AND first_at >= ${parameters.instant(from)} AND first_at < ${parameters.instant(to)}
  ) AS u
) AS m
GROUP BY m.cell
ORDER BY m.cell`;
  return { text, parameters: parameters.list };
}

const DAY_MS = 86_400_000;

/** `cellNumber` of an instant. */
function cellOf(instant: string, query: RetentionQuery, parameters: Parameters): string {
  const local = `${instant} + ${parameters.instant(query.zoneOffsetMs)}`;
  switch (query.cell) {
    case "day":
      return `intDiv(${local}, ${DAY_MS})`;
    case "week":
      return `intDiv(intDiv(${local}, ${DAY_MS}) + 3, 7)`;
    case "month": {
      const time = `fromUnixTimestamp64Milli(toInt64(${local}), 'UTC')`;
      return `toInt64(toYear(${time})) * 12 + toMonth(${time}) - 1`;
    }
  }
}

/** `cellStart` of a cell's number. */
function cellStartOf(number: string, query: RetentionQuery, parameters: Parameters): string {
  const offset = parameters.instant(query.zoneOffsetMs);
  switch (query.cell) {
    case "day":
      return `${number} * ${DAY_MS} - ${offset}`;
    case "week":
      return `(${number} * 7 - 3) * ${DAY_MS} - ${offset}`;
    case "month":
      return `toUnixTimestamp64Milli(makeDateTime64(intDiv(${number}, 12), ${number} % 12 + 1, 1, 0, 0, 0, 0, 3, 'UTC')) - ${offset}`;
  }
}
