import type { ExperimentQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import {
  EXPOSURE_COLUMNS,
  exposureRows,
  inWindow,
  metricEvents,
  metricValues,
  momentRows,
  unitRows,
  valueColumns,
} from "./experiment.ts";
import type { CountedRows } from "./experiment.ts";
import { eventsOf } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

/** Where one experiment's rows are kept, and what a refresh works with. */
export interface StateTables {
  /** A row a unit: its exposures and the value of each metric. */
  readonly units: string;
  /** Temporary: units with exposures that are new, as they are together with the older ones. */
  readonly affected: string;
}

/** What a refresh reads. A row is old if it happened and was received by `seenUntil`. */
export interface RefreshFiles {
  /** Files of which no row was read. */
  readonly unseen: ParquetFiles;
  /** Files that were read, and also hold rows after `seenUntil`. */
  readonly open: ParquetFiles;
  readonly seenUntil: number;
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

/** Computes the rows of all units from all files. */
export function buildState(
  tables: StateTables,
  query: ExperimentQuery,
  files: ParquetFiles,
): CompiledQuery {
  const values = metricValues(query).map(
    ({ column }) => `coalesce(u.${column}, 0)::DOUBLE AS ${column}`,
  );
  return statement(
    (parameters) => `
CREATE OR REPLACE TABLE ${tables.units} AS
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
  { unseen, open, seenUntil }: RefreshFiles,
  parameters: Parameters,
): CountedRows[] {
  const rows: CountedRows[] = [];
  if (unseen.length === 0 && open.length === 0) return rows;
  const asOf = parameters.instant(query.asOf);
  const until = `s.occurred_at <= ${asOf} AND s.received_at <= ${asOf}`;
  if (unseen.length > 0)
    rows.push({ source: eventsOf(unseen, parameters), seen: until, sorted: false });
  if (open.length > 0) {
    const before = parameters.instant(seenUntil);
    const later = `(s.occurred_at > ${before} OR s.received_at > ${before})`;
    rows.push({ source: eventsOf(open, parameters), seen: `${until} AND ${later}`, sorted: true });
  }
  return rows;
}

/**
 * Reads the new exposures and joins them with what is known of their units. A unit has moved if its
 * window begins at another instant than before; its values are then counted anew.
 */
export function stageExposures(
  tables: StateTables,
  query: ExperimentQuery,
  files: RefreshFiles,
): CompiledQuery {
  return statement((parameters) => {
    const reads = newRows(query, files, parameters).map(
      ({ source, seen }) => `
    SELECT s.unit, s.variant, s.occurred_at FROM ${source}
    WHERE ${exposureRows(query, parameters)} AND ${seen}`,
    );
    return `
CREATE TEMP TABLE ${tables.affected} AS
WITH fresh AS (
  SELECT ${EXPOSURE_COLUMNS}
  FROM (${reads.join("\n    UNION ALL")}
  ) AS s GROUP BY s.unit
)
SELECT f.unit,
  CASE WHEN t.unit IS NULL OR f.exposed_at < t.exposed_at OR (f.exposed_at = t.exposed_at AND f.variant < t.variant)
    THEN f.variant ELSE t.variant END AS variant,
  least(f.lowest, t.lowest) AS lowest, greatest(f.highest, t.highest) AS highest,
  least(f.exposed_at, t.exposed_at) AS exposed_at,
  greatest(f.newest_exposure_at, t.newest_exposure_at) AS newest_exposure_at,
  f.exposures + coalesce(t.exposures, 0) AS exposures,
  t.unit IS NULL AS is_new, t.unit IS NULL OR f.exposed_at < t.exposed_at AS moved
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

/** Puts the staged exposures into the table; the values of units that have moved start at nothing. */
export function applyExposures(tables: StateTables, query: ExperimentQuery): CompiledQuery[] {
  const values = metricValues(query).map(({ column }) => column);
  const set = UNIT_COLUMNS.slice(1).map((column) => `${column} = a.${column}`);
  const restart = ["newest_event_at = NULL", ...values.map((column) => `${column} = 0`)];
  return [
    `UPDATE ${tables.units} SET ${set.join(", ")} FROM ${tables.affected} AS a
WHERE ${tables.units}.unit = a.unit AND NOT a.is_new`,
    `UPDATE ${tables.units} SET ${restart.join(", ")} FROM ${tables.affected} AS a
WHERE ${tables.units}.unit = a.unit AND NOT a.is_new AND a.moved`,
    `INSERT INTO ${tables.units} SELECT ${[columnsOf("a", UNIT_COLUMNS), "NULL", ...values.map(() => "0")].join(", ")}
FROM ${tables.affected} AS a WHERE a.is_new`,
  ].map((text) => ({ text, parameters: [] }));
}

/**
 * Adds the new events of all units to their values, and of units that have moved the old ones, too.
 *
 * @param reread files with old events that may lie in the window of a unit that has moved
 */
export function applyEvents(
  tables: StateTables,
  query: ExperimentQuery,
  files: RefreshFiles,
  reread: ParquetFiles,
): CompiledQuery {
  return statement((parameters) => {
    const fresh = newRows(query, files, parameters);
    const parts = fresh.length === 0 ? [] : [events(tables.units, query, fresh, parameters)];
    if (reread.length > 0) {
      const before = parameters.instant(files.seenUntil);
      const seen = `s.occurred_at <= ${before} AND s.received_at <= ${before}`;
      const old = [{ source: eventsOf(reread, parameters), seen, sorted: true }];
      parts.push(`${events(tables.affected, query, old, parameters)} AND f.moved`);
    }
    const set = metricValues(query).map(({ column, events: { aggregation } }) =>
      aggregation === "any"
        ? `${column} = greatest(${tables.units}.${column}, d.${column})`
        : `${column} = ${tables.units}.${column} + d.${column}`,
    );
    return `
UPDATE ${tables.units} SET ${[`newest_event_at = greatest(${tables.units}.newest_event_at, d.newest_event_at)`, ...set].join(", ")}
FROM (
  SELECT s.unit, ${valueColumns(query, parameters)}
  FROM (${parts.join("\n  UNION ALL")}
  ) AS s GROUP BY s.unit
) AS d WHERE ${tables.units}.unit = d.unit`;
  });
}

/** Events in the windows of the units of a table. */
function events(
  table: string,
  query: ExperimentQuery,
  rows: readonly CountedRows[],
  parameters: Parameters,
): string {
  return `
  SELECT s.unit, s.event, s.occurred_at, s.properties
  FROM ${metricEvents(query, rows, parameters)} AS s JOIN ${table} AS f ON f.unit = s.unit
  WHERE ${inWindow(query, parameters)}`;
}
