import type { ExperimentQuery, MetricEvents } from "../../../domain/index.ts";
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
import type { EventFiles, ParquetFiles } from "./statement.ts";

/** Where one experiment's rows are kept, and what a refresh works with. */
export interface StateTables {
  /** A row a unit: its exposures and the value of each metric. */
  readonly units: string;
  /** Temporary: units with new rows; their exposures together with the older ones, and what the new events add. */
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
 * Reads the new rows and joins them with what is known of their units. A unit has moved if its window
 * begins at another instant than before; its values are then counted anew. One statement, so that
 * the file's reads run side by side.
 */
export function stageRows(
  tables: StateTables,
  query: ExperimentQuery,
  files: RefreshFiles,
): CompiledQuery {
  const values = metricValues(query).map(({ column }) => `d.${column}`);
  return statement((parameters) => {
    const fresh = newRows(query, files, parameters);
    const reads = fresh.map(
      ({ source, seen }) => `
    SELECT s.unit, s.variant, s.occurred_at FROM ${source}
    WHERE ${exposureRows(query, parameters)} AND ${seen}`,
    );
    const shown = `fresh AS (
  SELECT ${EXPOSURE_COLUMNS}
  FROM (${reads.join("\n    UNION ALL")}
  ) AS s GROUP BY s.unit
), shown AS MATERIALIZED (
  SELECT f.unit,
    CASE WHEN t.unit IS NULL OR f.exposed_at < t.exposed_at OR (f.exposed_at = t.exposed_at AND f.variant < t.variant)
      THEN f.variant ELSE t.variant END AS variant,
    least(f.lowest, t.lowest) AS lowest, greatest(f.highest, t.highest) AS highest,
    least(f.exposed_at, t.exposed_at) AS exposed_at,
    greatest(f.newest_exposure_at, t.newest_exposure_at) AS newest_exposure_at,
    f.exposures + coalesce(t.exposures, 0) AS exposures,
    t.unit IS NULL AS is_new, t.unit IS NULL OR f.exposed_at < t.exposed_at AS moved,
    coalesce(f.lowest < t.lowest OR f.highest > t.highest OR f.exposed_at < t.exposed_at
      OR (f.exposed_at = t.exposed_at AND f.variant < t.variant), true) AS changed
  FROM fresh AS f LEFT JOIN ${tables.units} AS t ON t.unit = f.unit
)`;
    const own = columnsOf("x", UNIT_COLUMNS.slice(1));
    const start = `CREATE TEMP TABLE ${tables.affected} AS
WITH ${shown}`;
    if (values.length === 0) {
      return `${start}
SELECT x.unit, ${own}, x.is_new, x.moved, x.changed, NULL::BIGINT AS newest_event_at FROM shown AS x`;
    }
    return `${start}, acted AS (
  SELECT s.unit, ${valueColumns(query, parameters)}
  FROM ${metricEvents(query, fresh, parameters)} AS s JOIN (
    SELECT t.unit, t.exposed_at FROM ${tables.units} AS t
      ANTI JOIN (SELECT m.unit FROM shown AS m WHERE m.moved) AS m ON m.unit = t.unit
    UNION ALL SELECT m.unit, m.exposed_at FROM shown AS m WHERE m.moved
  ) AS f ON f.unit = s.unit
  WHERE ${inWindow(query, parameters)}
  GROUP BY s.unit
)
SELECT coalesce(x.unit, d.unit) AS unit, ${own}, coalesce(x.is_new, false) AS is_new,
  coalesce(x.moved, false) AS moved, coalesce(x.changed, true) OR d.unit IS NOT NULL AS changed, d.newest_event_at, ${values.join(", ")}
FROM shown AS x FULL JOIN acted AS d ON d.unit = x.unit`;
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
 * units there is one more exposure and nothing else, and columns that stay are not written.
 */
export function applyStaged(tables: StateTables, query: ExperimentQuery): CompiledQuery[] {
  const { units, affected } = tables;
  const values = metricValues(query);
  const set = [
    ...UNIT_COLUMNS.slice(1).map(
      (column) => `${column} = coalesce(a.${column}, ${units}.${column})`,
    ),
    `newest_event_at = CASE WHEN a.moved THEN a.newest_event_at ELSE greatest(${units}.newest_event_at, a.newest_event_at) END`,
    ...values.map(
      ({ column, events }) =>
        `${column} = CASE WHEN a.moved THEN coalesce(a.${column}, 0) ELSE ${added(units, events, column, `coalesce(a.${column}, 0)`)} END`,
    ),
  ];
  const started = values.map(({ column }) => `coalesce(a.${column}, 0)`);
  return [
    `UPDATE ${units} SET newest_exposure_at = a.newest_exposure_at, exposures = a.exposures FROM ${affected} AS a
WHERE ${units}.unit = a.unit AND NOT a.changed`,
    `UPDATE ${units} SET ${set.join(", ")} FROM ${affected} AS a
WHERE ${units}.unit = a.unit AND a.changed AND NOT a.is_new`,
    `INSERT INTO ${units} SELECT ${[columnsOf("a", UNIT_COLUMNS), "a.newest_event_at", ...started].join(", ")}
FROM ${affected} AS a WHERE a.is_new`,
  ].map((text) => ({ text, parameters: [] }));
}

/** A unit's value with what later events add to it. */
function added(units: string, events: MetricEvents, column: string, more: string): string {
  return events.aggregation === "any"
    ? `greatest(${units}.${column}, ${more})`
    : `${units}.${column} + ${more}`;
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
  const { units, affected } = tables;
  return statement((parameters) => {
    const before = parameters.instant(seenUntil);
    const seen = `s.occurred_at <= ${before} AND s.received_at <= ${before}`;
    const old = [{ source: eventsOf(reread, parameters), seen, sorted: true }];
    const set = metricValues(query).map(
      ({ column, events }) => `${column} = ${added(units, events, column, `d.${column}`)}`,
    );
    return `
UPDATE ${units} SET ${[`newest_event_at = greatest(${units}.newest_event_at, d.newest_event_at)`, ...set].join(", ")}
FROM (
  SELECT s.unit, ${valueColumns(query, parameters)}
  FROM ${metricEvents(query, old, parameters)} AS s JOIN ${affected} AS f ON f.unit = s.unit
  WHERE f.moved AND ${inWindow(query, parameters)}
  GROUP BY s.unit
) AS d WHERE ${units}.unit = d.unit`;
  });
}
