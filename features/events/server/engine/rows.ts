import type { EventQuery, ExperimentQuery, Moments } from "../../domain/index.ts";
import type { CatalogRow, RecentRow, RowsOf } from "./plan.ts";

/** A row as an engine returns it. */
export type EngineRow = Readonly<Record<string, unknown>>;

/**
 * Reads an engine's rows into the rows of the query; the columns are those that every dialect's
 * statements name.
 *
 * @throws TypeError for a column that is missing or of another type: a bug of the dialect
 */
export function readRows<Q extends EventQuery>(
  query: Q,
  rows: readonly EngineRow[],
): RowsOf[Q["kind"]][];
export function readRows(query: EventQuery, rows: readonly EngineRow[]): RowsOf[keyof RowsOf][] {
  switch (query.kind) {
    case "experiment":
      return rows.map((row) => readExperimentRow(query, row));
    case "catalog":
      return rows.map(readCatalogRow);
    case "recent":
      return rows.map(readRecentRow);
  }
}

function readExperimentRow(query: ExperimentQuery, row: EngineRow): RowsOf["experiment"] {
  const crossExposed = row["crossed"] === true;
  const units = number(row, "units");
  return {
    variant: text(row, "variant"),
    day: query.cut === "day" ? number(row, "day") : null,
    crossExposed,
    units,
    exposures: number(row, "exposures"),
    newestExposureAt: number(row, "newest_exposure_at"),
    newestEventAt: row["newest_event_at"] === null ? null : number(row, "newest_event_at"),
    moments: crossExposed
      ? []
      : query.metrics.map((metric, index) =>
          readMoments(row, index, units, metric.denominator !== undefined),
        ),
  };
}

function readMoments(row: EngineRow, index: number, n: number, ratio: boolean): Moments {
  return {
    n,
    mean: number(row, `y${index}_mean`),
    m2: number(row, `y${index}_m2`),
    denominator: ratio
      ? {
          mean: number(row, `x${index}_mean`),
          m2: number(row, `x${index}_m2`),
          coMoment: number(row, `xy${index}_co_moment`),
        }
      : null,
  };
}

function readCatalogRow(row: EngineRow): CatalogRow {
  return {
    type: text(row, "type"),
    event: text(row, "event"),
    bucketAt: number(row, "bucket_at"),
    events: number(row, "events"),
    units: number(row, "units"),
    newestReceivedAt: number(row, "newest_received_at"),
  };
}

function readRecentRow(row: EngineRow): RecentRow {
  return {
    source: text(row, "source"),
    messageId: text(row, "message_id"),
    type: text(row, "type"),
    event: text(row, "event"),
    unit: text(row, "unit"),
    at: number(row, "occurred_at"),
    receivedAt: number(row, "received_at"),
    flagKey: row["flag_key"] === null ? null : text(row, "flag_key"),
    variant: row["variant"] === null ? null : text(row, "variant"),
    properties: text(row, "properties"),
    context: text(row, "context"),
  };
}

/** A number of a row; engines return 64-bit integers as bigint. */
export function number(row: EngineRow, column: string): number {
  const value = row[column];
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number") throw new TypeError(`${column} is no number`);
  return value;
}

/** A text of a row. */
export function text(row: EngineRow, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`${column} is no text`);
  return value;
}
