import type {
  BadEventsPartial,
  BadGroupRow,
  CatalogRow,
  ContextRow,
  EventQuery,
  ExperimentPartial,
  ExperimentQuery,
  FindRow,
  FunnelPartial,
  Moments,
  RecentRow,
  RetentionPartial,
  RowsOf,
  SeriesPartial,
  SourceRow,
  SplitKey,
  TopPartial,
} from "../../domain/index.ts";
import type { SegmentScope } from "../log/scopes.ts";

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
    case "series":
      return rows.map(readSeriesRow);
    case "funnel":
      return rows.map(readFunnelRow);
    case "retention":
      return rows.map(readRetentionRow);
    case "top":
      return rows.map(readTopRow);
    case "catalog":
      return rows.map(readCatalogRow);
    case "recent":
      return rows.map(readRecentRow);
    case "sources":
      return rows.map(readSourceRow);
    case "badEvents":
      return rows.map(readBadEventsRow);
    case "badGroup":
      return rows.map(readBadGroupRow);
    case "find":
      return rows.map(readFindRow);
    case "contexts":
      return rows.map(readContextRow);
  }
}

function readExperimentRow(query: ExperimentQuery, row: EngineRow): ExperimentPartial {
  const crossExposed = flag(row, "crossed");
  const units = number(row, "units");
  return {
    variant: text(row, "variant"),
    day: query.cut === "day" ? number(row, "day") : null,
    crossExposed,
    units,
    exposures: number(row, "exposures"),
    newestExposureAt: number(row, "newest_exposure_at"),
    newestEventAt: numberOrNull(row, "newest_event_at"),
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

function readSourceRow(row: EngineRow): SourceRow {
  const name = row["library_name"];
  const version = row["library_version"];
  return {
    source: text(row, "source"),
    bucketAt: number(row, "bucket_at"),
    events: number(row, "events"),
    newestReceivedAt: number(row, "newest_received_at"),
    library:
      typeof name === "string"
        ? { name, version: typeof version === "string" ? version : null }
        : null,
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
    flagKey: textOrNull(row, "flag_key"),
    variant: textOrNull(row, "variant"),
    properties: text(row, "properties"),
    context: text(row, "context"),
  };
}

function readSplit(row: EngineRow): SplitKey {
  return { split: textOrNull(row, "split"), other: flag(row, "other") };
}

function readSeriesRow(row: EngineRow): SeriesPartial {
  return {
    ...readSplit(row),
    bucketAt: number(row, "bucket_at"),
    events: number(row, "events"),
    units: number(row, "units"),
    sum: number(row, "total"),
    numbers: number(row, "numbers"),
  };
}

function readFunnelRow(row: EngineRow): FunnelPartial {
  return {
    ...readSplit(row),
    step: number(row, "step"),
    delayBin: numberOrNull(row, "delay_bin"),
    units: number(row, "units"),
  };
}

function readRetentionRow(row: EngineRow): RetentionPartial {
  return {
    cohortAt: number(row, "cohort_at"),
    units: number(row, "units"),
    returned: numbers(row, "returned"),
    returnedLater: numbers(row, "returned_later"),
  };
}

function readTopRow(row: EngineRow): TopPartial {
  return { value: text(row, "value"), count: number(row, "total") };
}

function readBadEventsRow(row: EngineRow): BadEventsPartial {
  return {
    event: text(row, "event"),
    fault: text(row, "fault"),
    plan: textOrNull(row, "plan"),
    path: text(row, "path"),
    reason: text(row, "reason"),
    events: number(row, "events"),
    firstReceivedAt: number(row, "first_received_at"),
    lastReceivedAt: number(row, "last_received_at"),
    example: {
      source: text(row, "source"),
      messageId: text(row, "message_id"),
      receivedAt: number(row, "received_at"),
      properties: text(row, "properties"),
    },
  };
}

function readBadGroupRow(row: EngineRow): BadGroupRow {
  return {
    source: text(row, "source"),
    messageId: text(row, "message_id"),
    event: text(row, "event"),
    unit: text(row, "unit"),
    userId: textOrNull(row, "user_id"),
    anonymousId: textOrNull(row, "anonymous_id"),
    at: number(row, "occurred_at"),
    receivedAt: number(row, "received_at"),
    sentAt: row["sent_at"] === null ? null : number(row, "sent_at"),
    context: text(row, "context"),
    properties: text(row, "properties"),
  };
}

function readFindRow(row: EngineRow): FindRow {
  return {
    workspace: text(row, "workspace"),
    environment: text(row, "environment"),
    source: text(row, "source"),
    messageId: text(row, "message_id"),
    type: text(row, "type"),
    event: text(row, "event"),
    unit: text(row, "unit"),
    userId: textOrNull(row, "user_id"),
    anonymousId: textOrNull(row, "anonymous_id"),
    at: number(row, "occurred_at"),
    timestamp: numberOrNull(row, "client_timestamp"),
    sentAt: numberOrNull(row, "sent_at"),
    receivedAt: number(row, "received_at"),
    experimentId: textOrNull(row, "experiment_id"),
    flagKey: textOrNull(row, "flag_key"),
    revision: textOrNull(row, "revision"),
    variant: textOrNull(row, "variant"),
    properties: text(row, "properties"),
    context: text(row, "context"),
  };
}

function readContextRow(row: EngineRow): ContextRow {
  return {
    rank: text(row, "rank"),
    unit: text(row, "unit"),
    receivedAt: number(row, "received_at"),
    context: text(row, "properties"),
    lowestShare: number(row, "lowest_share"),
  };
}

/** Engines without a boolean return 0 and 1. */
function flag(row: EngineRow, column: string): boolean {
  const value = row[column];
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  throw new TypeError(`${column} is no boolean`);
}

function numberOrNull(row: EngineRow, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

function textOrNull(row: EngineRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** A list of numbers of a row. */
function numbers(row: EngineRow, column: string): number[] {
  const value = row[column];
  if (!Array.isArray(value)) throw new TypeError(`${column} is no list`);
  return value.map((entry: unknown) => number({ [column]: entry }, column));
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

/** What a file holds of one environment. */
export function readScope(row: EngineRow): SegmentScope {
  return {
    workspace: text(row, "workspace"),
    environment: text(row, "environment"),
    events: number(row, "events"),
    firstReceivedAt: number(row, "first_received_at"),
    lastReceivedAt: number(row, "last_received_at"),
    oldestAt: number(row, "oldest_at"),
    newestAt: number(row, "newest_at"),
  };
}

/** An identifier as it was sent, of a row that may hold it as it stands inside a JSON text. */
export function identityText(row: EngineRow): string {
  const identity = text(row, "identity");
  if (row["quoted"] !== true) return identity;
  const parsed: unknown = JSON.parse(`"${identity}"`);
  return String(parsed);
}
