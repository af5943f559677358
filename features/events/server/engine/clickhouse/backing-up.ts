import type { CompiledQuery } from "../plan.ts";
import { EVENT_COLUMNS } from "./event-stream.ts";
import { EVENTS, LOADS, MONTH, SCOPES } from "./schema.ts";
import { Parameters } from "./statement.ts";

const COLUMNS = ["node", "seq", ...EVENT_COLUMNS].join(", ");
const MONTH_TEXT = `toString(${MONTH})`;

/** Statements that take events out of ClickHouse as they are, and put them in again. */
export const backupStatements = {
  months: {
    text: `SELECT ${MONTH_TEXT} AS month, count() AS events FROM ${EVENTS} GROUP BY month ORDER BY month`,
    parameters: [],
  } satisfies CompiledQuery,
  save(month: string): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT ${COLUMNS} FROM ${EVENTS} WHERE ${MONTH_TEXT} = ${parameters.bind(month)} FORMAT Native`,
      parameters: parameters.list,
    };
  },
  restore: `INSERT INTO ${EVENTS} (${COLUMNS}) FORMAT Native`,
  /** The instants by environment are made again from the events. */
  scopes: {
    text: `INSERT INTO ${SCOPES} (workspace, environment, first_received_at, last_received_at, newest_at)
SELECT workspace, environment, min(received_at), max(received_at), max(occurred_at) FROM ${EVENTS}
GROUP BY workspace, environment`,
    parameters: [],
  } satisfies CompiledQuery,
  /** A log that was saved before its load was known brings copies: with this mark each counts once. */
  markRestored(now: number): CompiledQuery {
    const parameters = new Parameters();
    const at = parameters.bind(now);
    return {
      text: `INSERT INTO ${LOADS} (node, seq, digest, events, loaded_at)
SELECT concat('restored/', n), 1000, '', 0, ${at} FROM (SELECT arrayJoin(['a', 'b']) AS n)`,
      parameters: parameters.list,
    };
  },
};
