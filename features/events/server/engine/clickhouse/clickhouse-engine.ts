import { createWriteStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { EventQuery, ExportFormat, ExportQuery } from "../../../domain/index.ts";
import type { SealedLog } from "../../log/recovery.ts";
import type { Stretch } from "../../log/segment-name.ts";
import type {
  EngineStats,
  EraseOutcome,
  EraseRequest,
  IdentifyRequest,
  QueryAnswer,
  RetainedMonth,
  RetainRequest,
  SourceMessages,
} from "../answers.ts";
import type { Engine } from "../engine.ts";
import { compile } from "../plan.ts";
import { number, readRows, text } from "../rows.ts";
import type { EngineRow } from "../rows.ts";
import { checkServer, ClickHouseConnection, ClickHouseUnusable } from "./connection.ts";
import type { ClickHouseAddress } from "./connection.ts";
import { clickhouse } from "./dialect.ts";
import { erasePerson, identify, removeMonths } from "./erasing.ts";
import { countStatement, exportStatement } from "./exporting.ts";
import {
  asStretches,
  digestOf,
  eventLines,
  findLoad,
  INSERT_EVENTS,
  INSERT_LOAD,
  INSERT_SCOPES,
  insertSettings,
  loadLine,
  loadsSince,
  messageIdsOf,
  newestReceipt,
  NODE_STRETCHES,
  scopeLines,
} from "./loading.ts";
import type { Load } from "./loading.ts";
import { forgetStatements } from "./removing.ts";
import { EVENTS, localEvents, migrate } from "./schema.ts";
import type { EventTable } from "./statement.ts";
import { scopeCounts, storageOf } from "./storage.ts";

export interface ClickHouseEngineOptions {
  readonly address: ClickHouseAddress;
  /**
   * How long a log file is kept after its insert was acknowledged. 0 where the tables are as Paceline
   * makes them: an acknowledged insert is on the disk of a server then.
   */
  readonly keepLogMinutes?: number;
  readonly now: () => number;
}

const MINUTE_MS = 60_000;
/** Loads whose message ids are one part. */
const PART_EVENTS = 1_000_000;
const MANY = 10_000_000;
const LINE_FEED = 0x0a;

/**
 * Events in ClickHouse. Holds no state but log files that wait to be removed: every call asks the
 * server, so any number of nodes may work on it.
 */
export class ClickHouseEngine implements Engine {
  readonly #connection: ClickHouseConnection;
  readonly #keepMs: number;
  readonly #now: () => number;
  /** Loaded log files that are kept for a while, with the instant of their removal. */
  readonly #kept = new Map<string, number>();

  /** Resolves when the tables are there; null until the next attempt. */
  #ready: Promise<void> | null = null;
  #isAway = false;

  constructor(options: ClickHouseEngineOptions) {
    this.#connection = new ClickHouseConnection(options.address);
    this.#keepMs = (options.keepLogMinutes ?? 0) * MINUTE_MS;
    this.#now = options.now;
  }

  /** Whether the last attempt to connect found no server, rather than one that cannot be used. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /**
   * Looks at the server and brings the tables up to date, once; every other call does so first.
   *
   * @throws ClickHouseUnusable that says what to do; the next call tries again
   */
  async connect(): Promise<void> {
    this.#ready ??= this.#prepare();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = null;
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    try {
      await checkServer(this.#connection.address);
      await migrate(this.#connection, this.#now());
      this.#isAway = false;
    } catch (error) {
      this.#isAway = error instanceof ClickHouseUnusable && error.kind === "away";
      throw error;
    }
  }

  async #server(): Promise<ClickHouseConnection> {
    await this.connect();
    return this.#connection;
  }

  async query<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>> {
    const { newestReceivedAt, table } = await this.#table(query);
    const compiled = compile(clickhouse, query, table);
    return {
      rows: readRows(query, await (await this.#server()).rows(compiled)),
      sql: clickhouse.display(compiled),
      newestReceivedAt,
      incomplete: null,
    };
  }

  async #table(scope: {
    readonly workspace: string;
    readonly environment: string;
  }): Promise<{ readonly newestReceivedAt: number | null; readonly table: EventTable }> {
    const [row] = await (await this.#server()).rows(newestReceipt(scope));
    const newest = row?.["newest_received_at"];
    return {
      newestReceivedAt: typeof newest === "number" ? newest : null,
      table: { name: EVENTS, copies: row !== undefined && number(row, "nodes") > 1 },
    };
  }

  async exportTo(query: ExportQuery, format: ExportFormat, path: string): Promise<number> {
    const { table } = await this.#table(query);
    const bytes = await (await this.#server()).bytes(exportStatement(query, format, table));
    let lines = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        for (const byte of chunk) if (byte === LINE_FEED) lines += 1;
        done(null, chunk);
      },
    });
    await pipeline(bytes, counter, createWriteStream(path, { flags: "wx", mode: 0o600 }));
    if (format === "lines") return lines;
    const [row] = await (await this.#server()).rows(countStatement(query, table));
    return row === undefined ? 0 : number(row, "events");
  }

  async load(log: SealedLog): Promise<void> {
    const content = await readFile(log.path);
    const events = log.scopes.reduce((sum, scope) => sum + scope.events, 0);
    const load: Load = { stretch: log.stretch, digest: digestOf(content), events };
    const loadedAt = (await this.#loadedAt(load)) ?? (await this.#insert(load, log, content));
    const removeAt = loadedAt + this.#keepMs;
    if (removeAt <= this.#now()) await rm(log.path, { force: true });
    else this.#kept.set(log.path, removeAt);
  }

  async #loadedAt(load: Load): Promise<number | null> {
    const [row] = await (await this.#server()).rows(findLoad(load));
    return row === undefined ? null : number(row, "loaded_at");
  }

  /**
   * The mark that a log file is loaded comes last: without it the insert is made again, which its
   * token turns into nothing, and a copy of a message counts once even where the token is forgotten.
   */
  async #insert(load: Load, log: SealedLog, content: Buffer): Promise<number> {
    const loadedAt = this.#now();
    const lines = content.reduce((sum, byte) => (byte === LINE_FEED ? sum + 1 : sum), 0);
    if (lines !== load.events) throw new Error(`${lines} lines read, ${load.events} written`);
    const connection = await this.#server();
    if (lines > 0) {
      const rows = eventLines(load.stretch, content);
      await connection.insert(INSERT_EVENTS, [rows], insertSettings(load));
      await connection.insert(INSERT_SCOPES, [scopeLines(log.scopes)]);
    }
    await connection.insert(INSERT_LOAD, [loadLine(load, loadedAt)]);
    return loadedAt;
  }

  /** ClickHouse merges by itself; here go the log files that were kept. */
  async maintain(): Promise<boolean> {
    for (const [path, removeAt] of this.#kept) {
      if (removeAt > this.#now()) continue;
      await rm(path, { force: true });
      this.#kept.delete(path);
    }
    return false;
  }

  async forget(workspace: string, environment: string): Promise<number> {
    const { address } = this.#connection;
    for (const statement of forgetStatements(address.cluster, workspace, environment)) {
      await (await this.#server()).run(statement, { mutations_sync: "2", log_queries: 0 });
    }
    return 0;
  }

  async erase(request: EraseRequest): Promise<EraseOutcome> {
    // Kept log files hold the person, and everything in them is in ClickHouse.
    for (const path of this.#kept.keys()) await rm(path, { force: true });
    this.#kept.clear();
    return erasePerson(await this.#server(), request, this.#now());
  }

  async identify(request: IdentifyRequest): Promise<readonly string[]> {
    return identify(await this.#server(), request);
  }

  async retain(request: RetainRequest): Promise<readonly RetainedMonth[]> {
    return removeMonths(await this.#server(), request);
  }

  async messageIds(storedSince: number, part: number): Promise<readonly SourceMessages[] | null> {
    const loads = (await this.#loads(storedSince, MANY)).toReversed();
    const parts: { node: string; seq: number }[][] = [[]];
    let events = 0;
    for (const load of loads) {
      if (events >= PART_EVENTS) {
        parts.push([]);
        events = 0;
      }
      parts.at(-1)?.push(load);
      events += load.events;
    }
    const chosen = parts[part];
    return chosen === undefined || chosen.length === 0
      ? null
      : this.#messagesOf(asStretches(chosen));
  }

  async #loads(
    since: number,
    limit: number,
  ): Promise<{ readonly node: string; readonly seq: number; readonly events: number }[]> {
    const rows = await (await this.#server()).rows(loadsSince(since, limit));
    return rows.map((row) => ({
      node: text(row, "node"),
      seq: number(row, "seq"),
      events: number(row, "events"),
    }));
  }

  async #messagesOf(stretches: readonly Stretch[]): Promise<SourceMessages[]> {
    if (stretches.length === 0) return [];
    const rows = await (await this.#server()).rows(messageIdsOf(stretches));
    return rows.map((row) => ({
      workspace: text(row, "workspace"),
      environment: text(row, "environment"),
      source: text(row, "source"),
      messageIds: texts(row, "message_ids"),
    }));
  }

  /**
   * How far the numbers of the nodes have come; nothing while ClickHouse is away. A number that is
   * used again is no harm here: loads are told apart by their content, too.
   */
  async stretches(): Promise<readonly Stretch[]> {
    if (this.#isAway) return [];
    const rows = await (await this.#server()).rows(NODE_STRETCHES);
    return rows.map((row) => ({ node: text(row, "node"), from: 1, to: number(row, "seq") }));
  }

  async stats(): Promise<EngineStats> {
    const { address } = this.#connection;
    const [storage] = await (
      await this.#server()
    ).rows(storageOf(address.cluster, localEvents(address.cluster)));
    const scopes = await (await this.#server()).rows(scopeCounts());
    return {
      segments: storage === undefined ? 0 : number(storage, "parts"),
      bytes: storage === undefined ? 0 : number(storage, "bytes"),
      scopes: scopes.map(readScope),
      damaged: [],
      erasing: null,
    };
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

function readScope(row: EngineRow): EngineStats["scopes"][number] {
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

function texts(row: EngineRow, column: string): string[] {
  const value = row[column];
  if (!Array.isArray(value)) throw new TypeError(`${column} is no list`);
  return value.map((entry: unknown) => text({ [column]: entry }, column));
}
