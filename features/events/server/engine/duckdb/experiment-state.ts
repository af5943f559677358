import type { ExperimentQuery, MetricEvents } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import {
  countable,
  EXPOSURE_COLUMNS,
  exposureRows,
  inWindow,
  metricEvents,
  metricValues,
  momentRows,
  unitRows,
  valueColumns,
  windowMs,
} from "./experiment.ts";
import type { CountedRows } from "./experiment.ts";
import { eventsOf } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles, ParquetFiles } from "./statement.ts";

/** Where one experiment's rows are kept, and what a refresh works with. */
export interface StateTables {
  /** A row a unit: its exposures and the value of each metric. */
  readonly units: string;
  /** Temporary: units with new exposures, which are together with the older ones there. */
  readonly affected: string;
}

/** What a refresh reads. A row is old if it happened and was received by `seenUntil`. */
export interface RefreshFiles {
  /** Files of which no row was read, and every row counts. */
  readonly whole: ParquetFiles;
  /** Other files of which no row was read. */
  readonly unseen: ParquetFiles;
  /** Files that were read, and also hold rows after `seenUntil`. */
  readonly open: ParquetFiles;
  readonly seenUntil: number;
  /** No row of them that counts happened before. */
  readonly oldest: number;
}

const UNIT_COLUMNS = [
  "unit",
  "variant",
  "lowest",
  "highest",
  "exposed_at",
  "newest_exposure_at",
  "exposures",
] as const;

function columnsOf(alias: string, names: readonly string[]): string {
  return names.map((name) => `${alias}.${name}`).join(", ");
}

function statement(write: (parameters: Parameters) => string): CompiledQuery {
  const parameters = new Parameters();
  return { text: write(parameters), parameters: parameters.list };
}

/** Computes the rows of all units from all files, some people at a time. */
export function buildState(
  tables: StateTables,
  query: ExperimentQuery,
  groups: readonly EventFiles[],
): CompiledQuery[] {
  return groups.map((files, group) =>
    buildUnits(
      query,
      files,
      group === 0 ? `CREATE OR REPLACE TABLE ${tables.units} AS` : `INSERT INTO ${tables.units}`,
    ),
  );
}

function buildUnits(query: ExperimentQuery, files: EventFiles, into: string): CompiledQuery {
  const values = metricValues(query).map(
    ({ column }) => `coalesce(u.${column}, 0)::DOUBLE AS ${column}`,
  );
  return statement(
    (parameters) => `
${into}
WITH ${unitRows(query, files, parameters)}
SELECT ${[columnsOf("f", UNIT_COLUMNS), "u.newest_event_at", ...values].join(", ")}
FROM first_exposure AS f LEFT JOIN per_unit AS u ON u.unit = f.unit`,
  );
}

/** The partials, of whatever the table holds. */
export function readState(tables: StateTables, query: ExperimentQuery): CompiledQuery {
  return { text: momentRows(query, `${tables.units} AS f`, "f"), parameters: [] };
}

/** How many units, and bytes of their names. */
export function measureState(tables: StateTables): CompiledQuery {
  return {
    text: `SELECT count(*) AS units, coalesce(sum(strlen(t.unit)), 0)::BIGINT AS bytes FROM ${tables.units} AS t`,
    parameters: [],
  };
}

export function dropState(tables: StateTables): CompiledQuery {
  return { text: `DROP TABLE IF EXISTS ${tables.units}`, parameters: [] };
}

/** Rows that no refresh has counted, until `asOf`. */
function newRows(
  query: ExperimentQuery,
  { whole, unseen, open, seenUntil }: RefreshFiles,
  parameters: Parameters,
): CountedRows[] {
  const rows: CountedRows[] = [];
  if (whole.length > 0) {
    rows.push({ source: eventsOf(whole, parameters), counted: "true", sorted: false });
  }
  if (unseen.length > 0) {
    const source = eventsOf(unseen, parameters);
    rows.push({ source, counted: countable(query, parameters), sorted: false });
  }
  if (open.length > 0) {
    const before = parameters.instant(seenUntil);
    const later = `(s.occurred_at > ${before} OR s.received_at > ${before})`;
    const source = eventsOf(open, parameters);
    rows.push({ source, counted: `${countable(query, parameters)} AND ${later}`, sorted: true });
  }
  return rows;
}

/**
 * Reads the new exposures and joins them with what is known of their units, and where. A unit has
 * moved if its window begins at another instant than before; its values are then counted anew.
 */
export function stageExposures(
  tables: StateTables,
  query: ExperimentQuery,
  files: RefreshFiles,
): CompiledQuery {
  return statement((parameters) => {
    const reads = newRows(query, files, parameters).map(
      ({ source, counted }) => `
    SELECT s.unit, s.variant, s.occurred_at FROM ${source}
    WHERE ${counted} AND ${exposureRows(query, parameters)}`,
    );
    return `CREATE TEMP TABLE ${tables.affected} AS
WITH fresh AS (
  SELECT ${EXPOSURE_COLUMNS}
  FROM (${reads.join("\n    UNION ALL")}
  ) AS s GROUP BY s.unit
)
SELECT f.unit, t.rowid AS place,
  CASE WHEN t.unit IS NULL OR f.exposed_at < t.exposed_at OR (f.exposed_at = t.exposed_at AND f.variant < t.variant)
    THEN f.variant ELSE t.variant END AS variant,
  least(f.lowest, t.lowest) AS lowest, greatest(f.highest, t.highest) AS highest,
  least(f.exposed_at, t.exposed_at) AS exposed_at,
  greatest(f.newest_exposure_at, t.newest_exposure_at) AS newest_exposure_at,
  f.exposures + coalesce(t.exposures, 0) AS exposures,
  t.unit IS NULL OR f.exposed_at < t.exposed_at AS moved,
  coalesce(f.lowest < t.lowest OR f.highest > t.highest OR f.exposed_at < t.exposed_at
    OR (f.exposed_at = t.exposed_at AND f.variant < t.variant), true) AS changed
FROM fresh AS f LEFT JOIN ${tables.units} AS t ON t.unit = f.unit`;
  });
}

/** Of each person bucket with units that have moved, when the first of their windows begins. */
export function readMoved(tables: StateTables, workspace: string): CompiledQuery {
  return statement(
    (
      parameters,
    ) => `SELECT substr(md5(${parameters.bind(workspace)} || ' ' || a.unit), 1, 1) AS bucket,
  min(a.exposed_at) AS first_at
FROM ${tables.affected} AS a WHERE a.moved GROUP BY bucket`,
  );
}

/**
 * Puts what is staged into the table; the values of units that have moved start at nothing. Of most
 * units there is one more exposure and nothing else, and columns that stay are not written. Units are
 * found by their place: their names were compared when they were staged.
 */
export function applyExposures(tables: StateTables, query: ExperimentQuery): CompiledQuery {
  const { units, affected } = tables;
  const values = metricValues(query).map(({ column }) => column);
  const set = [
    ...UNIT_COLUMNS.slice(1).map((column) => `${column} = a.${column}`),
    "newest_event_at = CASE WHEN a.moved THEN NULL ELSE t.newest_event_at END",
    ...values.map((column) => `${column} = CASE WHEN a.moved THEN 0 ELSE t.${column} END`),
  ];
  const started = ["NULL", ...values.map(() => "0")].join(", ");
  const steps = [
    `UPDATE ${units} AS t SET newest_exposure_at = a.newest_exposure_at, exposures = a.exposures FROM ${affected} AS a
WHERE t.rowid = a.place AND NOT a.changed`,
    `UPDATE ${units} AS t SET ${set.join(", ")} FROM ${affected} AS a
WHERE t.rowid = a.place AND a.changed`,
    `INSERT INTO ${units} SELECT ${columnsOf("a", UNIT_COLUMNS)}, ${started}
FROM ${affected} AS a WHERE a.place IS NULL`,
  ];
  return { text: steps.join(";\n"), parameters: [] };
}

/** Adds the new events of all units to their values; only windows that reach so far can hold one. */
export function addNewEvents(
  tables: StateTables,
  query: ExperimentQuery,
  files: RefreshFiles,
): CompiledQuery {
  return statement((parameters) => {
    const rows = newRows(query, files, parameters);
    const closed = parameters.instant(files.oldest - windowMs(query));
    return addEvents(tables, query, rows, `t.exposed_at > ${closed}`, parameters);
  });
}

/**
 * Adds the old events of units that have moved to their values.
 *
 * @param reread files with old events that may lie in the window of a unit that has moved
 */
export function addOldEvents(
  tables: StateTables,
  query: ExperimentQuery,
  seenUntil: number,
  reread: ParquetFiles,
): CompiledQuery {
  return statement((parameters) => {
    const counted = countable({ ...query, asOf: seenUntil }, parameters);
    const rows = [{ source: eventsOf(reread, parameters), counted, sorted: true }];
    const moved = `t.unit IN (SELECT a.unit FROM ${tables.affected} AS a WHERE a.moved)`;
    return addEvents(tables, query, rows, moved, parameters);
  });
}

/** The windows are few, and told apart first, so that events are compared with them as they are read. */
function addEvents(
  { units }: StateTables,
  query: ExperimentQuery,
  rows: readonly CountedRows[],
  reaching: string,
  parameters: Parameters,
): string {
  const set = metricValues(query).map(
    ({ column, events }) => `${column} = ${added(events, `t.${column}`, `d.${column}`)}`,
  );
  return `UPDATE ${units} AS t SET ${[`newest_event_at = greatest(t.newest_event_at, d.newest_event_at)`, ...set].join(", ")}
FROM (
  WITH reaching AS MATERIALIZED (
    SELECT t.rowid AS place, t.unit, t.exposed_at FROM ${units} AS t WHERE ${reaching}
  )
  SELECT f.place, ${valueColumns(query, parameters)}
  FROM ${metricEvents(query, rows, parameters)} AS s JOIN reaching AS f ON f.unit = s.unit
  WHERE ${inWindow(query, parameters)}
  GROUP BY f.place
) AS d WHERE t.rowid = d.place`;
}

/** A unit's value with what more events add to it. */
function added(events: MetricEvents, value: string, more: string): string {
  return events.aggregation === "any" ? `greatest(${value}, ${more})` : `${value} + ${more}`;
}
