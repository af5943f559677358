import type { CompiledQuery } from "../plan.ts";
import { EVENTS, SCOPES } from "./schema.ts";
import { literal, Parameters } from "./statement.ts";

/** Parts and bytes of the events, on every server of the cluster. */
export function storageOf(cluster: string | null, table: string): CompiledQuery {
  const parameters = new Parameters();
  const parts = cluster === null ? "system.parts" : `cluster(${literal(cluster)}, system.parts)`;
  return {
    text: `SELECT count() AS parts, sum(p.bytes_on_disk) AS bytes FROM ${parts} AS p
WHERE p.active AND p.database = currentDatabase() AND p.table = ${parameters.bind(table)}`,
    parameters: parameters.list,
  };
}

/** Events by environment; a copy counts until the parts that hold it are merged. */
export function scopeCounts(): CompiledQuery {
  return {
    text: `SELECT c.workspace AS workspace, c.environment AS environment, c.events AS events,
  i.first_received_at AS first_received_at, i.last_received_at AS last_received_at,
  c.oldest_at AS oldest_at, i.newest_at AS newest_at
FROM (
  SELECT s.workspace AS workspace, s.environment AS environment, count() AS events,
    min(s.occurred_at) AS oldest_at
  FROM ${EVENTS} AS s GROUP BY workspace, environment
) AS c
INNER JOIN (
  SELECT s.workspace AS workspace, s.environment AS environment,
    min(s.first_received_at) AS first_received_at, max(s.last_received_at) AS last_received_at,
    max(s.newest_at) AS newest_at
  FROM ${SCOPES} AS s GROUP BY workspace, environment
) AS i ON i.workspace = c.workspace AND i.environment = c.environment
ORDER BY workspace, environment`,
    parameters: [],
  };
}
