import { createHash } from "node:crypto";

import type { ClickHouseSettings } from "@clickhouse/client";

import type { SegmentScope } from "../../log/scopes.ts";
import type { Stretch } from "../../log/segment-name.ts";
import type { CompiledQuery } from "../plan.ts";
import { EVENT_COLUMNS } from "./event-stream.ts";
import { EVENTS, LOADS, SCOPES } from "./schema.ts";
import { Parameters } from "./statement.ts";

/** A log file is one insert of one block, so its copies of a retry are known by one token. */
const BLOCK_ROWS = 10_000_000;
const BLOCK_BYTES = 4 * 1024 ** 3;

/** One log file, as it is inserted. */
export interface Load {
  readonly stretch: Stretch;
  /** Of the file's bytes: another file under the same number is another load. */
  readonly digest: string;
  readonly events: number;
}

/** Names a load for good: node, number and content. */
export function tokenOf({ stretch, digest }: Load): string {
  return `${stretch.node}-${stretch.from}-${digest}`;
}

export function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}

export const INSERT_EVENTS = `INSERT INTO ${EVENTS} (node, seq, ${EVENT_COLUMNS.join(", ")}) FORMAT JSONEachRow`;
export const INSERT_SCOPES = `INSERT INTO ${SCOPES} (workspace, environment, first_received_at, last_received_at, newest_at) FORMAT JSONEachRow`;
export const INSERT_LOAD = `INSERT INTO ${LOADS} (node, seq, digest, events, loaded_at) FORMAT JSONEachRow`;

/** Settings of the insert of a log file. */
export function insertSettings(load: Load): ClickHouseSettings {
  return {
    insert_deduplicate: 1,
    insert_deduplication_token: tokenOf(load),
    // Resolves when the shards have the rows, not when they wait to be sent.
    insert_distributed_sync: 1,
    // Events of many months may come together: an import, or a client with a wrong clock.
    max_partitions_per_insert_block: "0",
    max_insert_block_size: String(BLOCK_ROWS),
    min_insert_block_size_rows: String(BLOCK_ROWS),
    min_insert_block_size_bytes: String(BLOCK_BYTES),
    input_format_parallel_parsing: 0,
    input_format_json_read_objects_as_strings: 1,
    input_format_skip_unknown_fields: 0,
  };
}

/** The lines of a log file, each with the file's node and number in front. */
export function eventLines({ node, from }: Stretch, content: Buffer): Buffer {
  const start = `{"node":${JSON.stringify(node)},"seq":${from},`;
  // Inside a line a line feed is written as an escape, so this is the beginning of a line.
  const text = content.toString("utf8").replaceAll("\n{", `\n${start}`);
  return Buffer.from(`${start}${text.slice(1)}`);
}

export function scopeLines(scopes: readonly SegmentScope[]): Buffer {
  return Buffer.from(
    scopes
      .map((scope) => {
        const { workspace, environment, newestAt } = scope;
        const [first_received_at, last_received_at] = [scope.firstReceivedAt, scope.lastReceivedAt];
        const row = { workspace, environment, first_received_at, last_received_at };
        return `${JSON.stringify({ ...row, newest_at: newestAt })}\n`;
      })
      .join(""),
  );
}

export function loadLine({ stretch, digest, events }: Load, loadedAt: number): Buffer {
  const row = { node: stretch.node, seq: stretch.from, digest, events, loaded_at: loadedAt };
  return Buffer.from(`${JSON.stringify(row)}\n`);
}

/** When a log file was loaded; no row if it was not. */
export function findLoad({ stretch, digest }: Load): CompiledQuery {
  const parameters = new Parameters();
  return {
    text: `SELECT min(l.loaded_at) AS loaded_at FROM ${LOADS} AS l
WHERE l.node = ${parameters.bind(stretch.node)} AND l.seq = ${parameters.bind(stretch.from)} AND l.digest = ${parameters.bind(digest)}
HAVING count() > 0`,
    parameters: parameters.list,
  };
}

/** How far each node's numbers have come. */
export const NODE_STRETCHES: CompiledQuery = {
  text: `SELECT l.node AS node, max(l.seq) AS seq FROM ${LOADS} AS l GROUP BY l.node ORDER BY l.node`,
  parameters: [],
};

/** The loads since an instant, newest first. */
export function loadsSince(since: number, limit: number): CompiledQuery {
  const parameters = new Parameters();
  return {
    text: `SELECT l.node AS node, l.seq AS seq, max(l.events) AS events FROM ${LOADS} AS l
WHERE l.loaded_at >= ${parameters.bind(since)}
GROUP BY node, seq ORDER BY max(l.loaded_at) DESC, node, seq DESC LIMIT ${parameters.bind(limit)}`,
    parameters: parameters.list,
  };
}

/** The message ids of some loads, by source. */
export function messageIdsOf(loads: readonly Stretch[]): CompiledQuery {
  const parameters = new Parameters();
  const stretches = loads.map(
    ({ node, from, to }) =>
      `(s.node = ${parameters.bind(node)} AND s.seq >= ${parameters.bind(from)} AND s.seq <= ${parameters.bind(to)})`,
  );
  return {
    text: `SELECT s.workspace AS workspace, s.environment AS environment, s.source AS source,
  groupUniqArray(s.message_id) AS message_ids
FROM ${EVENTS} AS s WHERE ${stretches.join(" OR ") || "false"}
GROUP BY workspace, environment, source ORDER BY workspace, environment, source`,
    parameters: parameters.list,
  };
}

/** Loads as stretches of neighbouring numbers, so that the statement stays short. */
export function asStretches(loads: readonly { node: string; seq: number }[]): Stretch[] {
  const stretches: { node: string; from: number; to: number }[] = [];
  for (const { node, seq } of loads.toSorted((a, b) =>
    a.node === b.node ? a.seq - b.seq : a.node < b.node ? -1 : 1,
  )) {
    const last = stretches.at(-1);
    if (last !== undefined && last.node === node && last.to + 1 >= seq) last.to = seq;
    else stretches.push({ node, from: seq, to: seq });
  }
  return stretches;
}

/** Newest receipt of an environment, and whether several nodes take events. */
export function newestReceipt(scope: {
  readonly workspace: string;
  readonly environment: string;
}): CompiledQuery {
  const parameters = new Parameters();
  return {
    text: `SELECT maxOrNull(s.last_received_at) AS newest_received_at,
  (SELECT count() FROM (SELECT DISTINCT l.node FROM ${LOADS} AS l LIMIT 2)) AS nodes
FROM ${SCOPES} AS s
WHERE s.workspace = ${parameters.bind(scope.workspace)} AND s.environment = ${parameters.bind(scope.environment)}`,
    parameters: parameters.list,
  };
}
