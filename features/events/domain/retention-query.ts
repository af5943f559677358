import type { EventSelection, QueryScope } from "./query-scope.ts";
import { total } from "./query-scope.ts";

export type RetentionCell = "day" | "week" | "month";

/**
 * Who comes back. A unit belongs to the cohort of the calendar cell (day, week from Monday, month)
 * of its first `start` event ever; cohorts are the cells of the first events in `[from, to)`. Cell
 * `n` of a cohort is the `n`-th calendar cell after it; a unit is in it if it sent a `returning`
 * event then, at or after its first `start` event. Only what happened until `asOf` is seen.
 */
export interface RetentionQuery extends QueryScope {
  readonly kind: "retention";
  readonly start: EventSelection;
  readonly returning: EventSelection;
  readonly from: number;
  readonly to: number;
  readonly asOf: number;
  readonly cell: RetentionCell;
  /** Cells 0 to `cells - 1` of every cohort; 1 to 60. */
  readonly cells: number;
  /** Added to an instant before its calendar is read. */
  readonly zoneOffsetMs: number;
}

export const MAX_RETENTION_CELLS = 60;
/** More cohorts than this are refused: a year of days. */
export const MAX_RETENTION_COHORTS = 400;

/** Units of one cohort; sums over disjoint sets of units. */
export interface RetentionPartial {
  /** Start of the cohort's cell. */
  readonly cohortAt: number;
  readonly units: number;
  /** For each cell, units that came back in it. */
  readonly returned: readonly number[];
  /**
   * For each cell, units that came back in it or in a later cell of the `cells` (unbounded
   * retention).
   */
  readonly returnedLater: readonly number[];
}

/** Units of a cohort that came back in one cell, and in it or a later one. */
export interface RetentionCellResult {
  /** Start of the calendar cell. */
  readonly at: number;
  /** False for a cell that had not ended at `asOf`: its numbers will still grow. */
  readonly complete: boolean;
  readonly units: number;
  /** Share of the cohort, 0 to 1; null for an empty cohort. */
  readonly share: number | null;
  readonly unitsLater: number;
  readonly shareLater: number | null;
}

/** Units that began in one calendar cell; instants in Unix milliseconds. */
export interface RetentionCohort {
  readonly cohortAt: number;
  readonly units: number;
  /** Cells that begin after `asOf` are left out. */
  readonly cells: readonly RetentionCellResult[];
}

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday: three days after the Monday of its week. */
const DAYS_SINCE_MONDAY = 3;
const DAYS_OF_WEEK = 7;
const MONTHS_OF_YEAR = 12;

/** The number of an instant's calendar cell: days or weeks since 1970, or months since year 0. */
export function cellNumber(at: number, cell: RetentionCell, zoneOffsetMs: number): number {
  const local = at + zoneOffsetMs;
  const days = Math.floor(local / DAY_MS);
  switch (cell) {
    case "day":
      return days;
    case "week":
      return Math.floor((days + DAYS_SINCE_MONDAY) / DAYS_OF_WEEK);
    case "month": {
      const date = new Date(local);
      return date.getUTCFullYear() * MONTHS_OF_YEAR + date.getUTCMonth();
    }
  }
}

/** Where a calendar cell begins; the inverse of `cellNumber`. */
export function cellStart(number: number, cell: RetentionCell, zoneOffsetMs: number): number {
  switch (cell) {
    case "day":
      return number * DAY_MS - zoneOffsetMs;
    case "week":
      return (number * DAYS_OF_WEEK - DAYS_SINCE_MONDAY) * DAY_MS - zoneOffsetMs;
    case "month": {
      const year = Math.floor(number / MONTHS_OF_YEAR);
      return Date.UTC(year, number - year * MONTHS_OF_YEAR, 1) - zoneOffsetMs;
    }
  }
}

/** Adds partials up to cohorts, oldest first. */
export function mergeRetention(
  query: RetentionQuery,
  partials: readonly RetentionPartial[],
): readonly RetentionCohort[] {
  const { cell, cells, zoneOffsetMs, asOf } = query;
  const cohorts = Map.groupBy(partials, (partial) => partial.cohortAt);
  return [...cohorts]
    .toSorted(([a], [b]) => a - b)
    .map(([cohortAt, parts]) => {
      const units = total(parts.map((part) => part.units));
      const first = cellNumber(cohortAt, cell, zoneOffsetMs);
      const results = Array.from({ length: cells }, (_, place) => {
        const returned = total(parts.map((part) => part.returned[place] ?? 0));
        const later = total(parts.map((part) => part.returnedLater[place] ?? 0));
        return {
          at: cellStart(first + place, cell, zoneOffsetMs),
          complete: cellStart(first + place + 1, cell, zoneOffsetMs) <= asOf,
          units: returned,
          share: units === 0 ? null : returned / units,
          unitsLater: later,
          shareLater: units === 0 ? null : later / units,
        };
      });
      return { cohortAt, units, cells: results.filter((result) => result.at <= asOf) };
    });
}
