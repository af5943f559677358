import type { RetainRequest } from "../answers.ts";
import type { CompiledQuery } from "../plan.ts";
import { belongsTo, EVENT_COLUMNS } from "./event-stream.ts";
import { ERASURES, EVENTS, localEvents, MONTH, REDACTED, SCOPES } from "./schema.ts";
import { identifier, literal, Parameters } from "./statement.ts";

/** A secret number pair under which a statement names people: the text of a mutation stays on the disk for a while. */
export type HashKey = readonly [bigint, bigint];

function onCluster(cluster: string | null): string {
  return cluster === null ? "" : ` ON CLUSTER ${identifier(cluster)}`;
}

function plain(text: string): CompiledQuery {
  return { text, parameters: [] };
}

/** Everything of one environment. */
export function forgetStatements(
  cluster: string | null,
  workspace: string,
  environment: string,
): CompiledQuery[] {
  const condition = `workspace = ${literal(workspace)} AND environment = ${literal(environment)}`;
  return [localEvents(cluster), SCOPES].map((table) =>
    plain(`ALTER TABLE ${table}${onCluster(cluster)} DELETE WHERE ${condition}`),
  );
}

function hashOf([k0, k1]: HashKey, value: string): string {
  return `hex(sipHash128Keyed((toUInt64(${k0}), toUInt64(${k1})), ${value}))`;
}

/** Of a message, so that one row can be named. */
function messageOf(row: string): string {
  return `concat(${row}environment, '\\n', ${row}source, '\\n', ${row}message_id, '\\n', ${row}type, '\\n', ${row}event, '\\n', ${row}unit)`;
}

function mentions(needles: readonly string[], parameters: Parameters): string {
  const list = parameters.bind(needles);
  return `(arrayExists(n -> position(s.properties, n) > 0, ${list}) OR arrayExists(n -> position(s.context, n) > 0, ${list}))`;
}

/** Statements that find a person, and remove their rows. */
export const clickhouseErasing = {
  outcome(id: string): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT e.outcome AS outcome FROM ${ERASURES} AS e WHERE e.id = ${parameters.bind(id)}
ORDER BY e.done_at LIMIT 1`,
      parameters: parameters.list,
    };
  },
  insertOutcome: `INSERT INTO ${ERASURES} (id, workspace, outcome, done_at) FORMAT JSONEachRow`,
  /** Anonymous ids that came with one of the user ids. */
  anonymousIds(workspace: string, userIds: readonly string[]): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT DISTINCT assumeNotNull(s.anonymous_id) AS anonymous_id FROM ${EVENTS} AS s
WHERE s.workspace = ${parameters.bind(workspace)} AND s.user_id IN ${parameters.bind(userIds)} AND s.anonymous_id IS NOT NULL
ORDER BY anonymous_id`,
      parameters: parameters.list,
    };
  },
  /** Which of some anonymous ids came with another user id, too. */
  sharedIds(
    workspace: string,
    anonymousIds: readonly string[],
    userIds: readonly string[],
  ): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT DISTINCT assumeNotNull(s.anonymous_id) AS anonymous_id FROM ${EVENTS} AS s
WHERE s.workspace = ${parameters.bind(workspace)} AND s.anonymous_id IN ${parameters.bind(anonymousIds)}
  AND s.user_id IS NOT NULL AND s.user_id NOT IN ${parameters.bind(userIds)}
ORDER BY anonymous_id`,
      parameters: parameters.list,
    };
  },
  /** By part: how many rows are the person's. */
  ownRows(workspace: string, identifiers: readonly string[]): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT s._part AS part, s._partition_id AS partition, count() AS own_rows, countIf(s.type = 'bad') AS own_bad
FROM ${EVENTS} AS s
WHERE s.workspace = ${parameters.bind(workspace)} AND ${belongsTo(identifiers, parameters)}
GROUP BY part, partition ORDER BY part`,
      parameters: parameters.list,
    };
  },
  /** Rows of others that may mention the person, with what names them in a mutation. */
  mentioning(
    workspace: string,
    identifiers: readonly string[],
    needles: readonly string[],
    key: HashKey,
  ): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT s._part AS part, s._partition_id AS partition, ${hashOf(key, messageOf("s."))} AS row_hash,
  ${EVENT_COLUMNS.map((column) => `s.${column} AS ${column}`).join(", ")}, s.node AS node, s.seq AS seq
FROM ${EVENTS} AS s
WHERE s.workspace = ${parameters.bind(workspace)} AND NOT ${belongsTo(identifiers, parameters)} AND ${mentions(needles, parameters)}`,
      parameters: parameters.list,
    };
  },
  hashes(identifiers: readonly string[], key: HashKey): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT arrayMap(x -> ${hashOf(key, "x")}, ${parameters.bind(identifiers)}) AS hashes`,
      parameters: parameters.list,
    };
  },
  insertRedacted: `INSERT INTO ${REDACTED} (erasure, node, seq, ${EVENT_COLUMNS.join(", ")}) FORMAT JSONEachRow`,
  /** One mutation for all partitions that hold the person; it names nobody. */
  remove(
    cluster: string | null,
    workspace: string,
    partitions: readonly string[],
    hashes: { readonly people: readonly string[]; readonly rows: readonly string[] },
    key: HashKey,
  ): CompiledQuery {
    const people = `(${hashes.people.map(literal).join(", ") || "''"})`;
    const rows = `(${hashes.rows.map(literal).join(", ") || "''"})`;
    const of = (column: string): string =>
      `ifNull(${hashOf(key, `assumeNotNull(${column})`)} IN ${people} AND ${column} IS NOT NULL, false)`;
    const condition = `workspace = ${literal(workspace)} AND (${hashOf(key, "unit")} IN ${people}
  OR ${of("user_id")} OR ${of("anonymous_id")} OR ${hashOf(key, messageOf(""))} IN ${rows})`;
    const commands = partitions.map(
      (partition) => `DELETE IN PARTITION ID ${literal(partition)} WHERE ${condition}`,
    );
    return plain(
      `ALTER TABLE ${localEvents(cluster)}${onCluster(cluster)} ${commands.join(",\n")}`,
    );
  },
  /** Puts rows of others back, as they are to be, once. */
  putBack(erasure: string): CompiledQuery {
    const parameters = new Parameters();
    const columns = ["node", "seq", ...EVENT_COLUMNS].join(", ");
    const key = "environment, source, message_id, type, event, unit";
    return {
      text: `INSERT INTO ${EVENTS} (${columns})
SELECT ${columns} FROM ${REDACTED}
WHERE erasure = ${parameters.bind(erasure)} AND (workspace, ${key}) GLOBAL NOT IN (
  SELECT workspace, ${key} FROM ${EVENTS} WHERE workspace IN (SELECT workspace FROM ${REDACTED}))
LIMIT 1 BY workspace, ${key}`,
      parameters: parameters.list,
    };
  },
  dropRedacted: (cluster: string | null): CompiledQuery =>
    plain(`TRUNCATE TABLE ${REDACTED}${onCluster(cluster)} SYNC`),
  /** Parts that no query reads any more, but which are still on a disk. */
  replacedParts(cluster: string | null): CompiledQuery {
    const parameters = new Parameters();
    const table = cluster === null ? "system.parts" : `cluster(${literal(cluster)}, system.parts)`;
    return {
      text: `SELECT DISTINCT p.name AS name FROM ${table} AS p
WHERE p.database = currentDatabase() AND p.table = ${parameters.bind(localEvents(cluster))} AND NOT p.active`,
      parameters: parameters.list,
    };
  },
  /** How many parts of these names are still on a disk. */
  partsLeft(cluster: string | null, parts: readonly string[]): CompiledQuery {
    const parameters = new Parameters();
    const table = cluster === null ? "system.parts" : `cluster(${literal(cluster)}, system.parts)`;
    return {
      text: `SELECT count() AS parts FROM ${table} AS p
WHERE p.database = currentDatabase() AND p.table = ${parameters.bind(localEvents(cluster))} AND p.name IN ${parameters.bind(parts)}`,
      parameters: parameters.list,
    };
  },
  /** Every id and every text of the JSON columns of one of `of` shares of the units. */
  identities(workspace: string, share: number, of: number): CompiledQuery {
    const parameters = new Parameters();
    const strings = `'"((?:[^"\\\\\\\\]|\\\\\\\\.)*)"'`;
    return {
      text: `SELECT DISTINCT i.1 AS identity, i.2 AS quoted FROM (
  SELECT arrayJoin(arrayConcat(
    [(s.unit, false), (ifNull(s.user_id, s.unit), false), (ifNull(s.anonymous_id, s.unit), false)],
    arrayMap(x -> (x, true), extractAll(s.properties, ${strings})),
    arrayMap(x -> (x, true), extractAll(s.context, ${strings})))) AS i
  FROM ${EVENTS} AS s
  WHERE s.workspace = ${parameters.bind(workspace)} AND cityHash64(s.unit) % ${of} = ${share})`,
      parameters: parameters.list,
    };
  },
};

/** The clamped UTC month of an event as `2026-01`. */
const MONTH_TEXT = `concat(toString(intDiv(${MONTH}, 100)), '-', leftPad(toString(${MONTH} % 100), 2, '0'))`;

function inRetained({ workspace, environment }: RetainRequest, parameters: Parameters): string {
  const bound = (value: string): string => parameters.bind(value);
  return `workspace = ${bound(workspace)}${environment === null ? "" : ` AND environment = ${bound(environment)}`}`;
}

/** Statements that remove whole months. */
export const clickhouseRetention = {
  /** What is older, by month and environment. */
  months(request: RetainRequest): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT environment, ${MONTH_TEXT} AS month, count() AS events FROM ${EVENTS}
WHERE ${inRetained(request, parameters)} AND month < ${parameters.bind(request.before)}
GROUP BY environment, month ORDER BY month, environment`,
      parameters: parameters.list,
    };
  },
  /** The partitions that are older, and whether they hold events of others, too. */
  partitions(request: RetainRequest): CompiledQuery {
    const parameters = new Parameters();
    return {
      text: `SELECT _partition_id AS partition, countIf(NOT (${inRetained(request, parameters)})) AS others
FROM ${EVENTS} WHERE ${MONTH_TEXT} < ${parameters.bind(request.before)}
GROUP BY partition HAVING countIf(${inRetained(request, parameters)}) > 0 ORDER BY partition`,
      parameters: parameters.list,
    };
  },
  drop: (cluster: string | null, partition: string): CompiledQuery =>
    plain(
      `ALTER TABLE ${localEvents(cluster)}${onCluster(cluster)} DROP PARTITION ID ${literal(partition)}`,
    ),
  deleteIn(cluster: string | null, partition: string, request: RetainRequest): CompiledQuery {
    const environment =
      request.environment === null ? "" : ` AND environment = ${literal(request.environment)}`;
    return plain(
      `ALTER TABLE ${localEvents(cluster)}${onCluster(cluster)} DELETE IN PARTITION ID ${literal(partition)} WHERE workspace = ${literal(request.workspace)}${environment}`,
    );
  },
};
