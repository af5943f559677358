import { open, readdir, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBInstance,
  LIST,
  listValue,
  SQLNULL,
  VARCHAR,
} from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";

import type { EventQuery, ExportFormat, ExportQuery } from "../../domain/index.ts";
import { syncFolder } from "../log/log-files.ts";
import type { SealedLog } from "../log/recovery.ts";
import { eventsIn, mergeScopes } from "../log/scopes.ts";
import type { SegmentScope } from "../log/scopes.ts";
import { covers, parseSegmentName, segmentName } from "../log/segment-name.ts";
import type { Stretch } from "../log/segment-name.ts";
import type { EngineStats, QueryAnswer, SourceMessages } from "./answers.ts";
import { exportStatement } from "./duckdb-export.ts";
import { duckdb } from "./duckdb/dialect.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { findPart, messageIdsOf, readMessageIds } from "./duckdb/message-ids.ts";
import { compile, EVERYTHING, reachOf } from "./plan.ts";
import type { CompiledQuery, QueryParameter } from "./plan.ts";
import { number, readRows, text } from "./rows.ts";
import type { EngineRow } from "./rows.ts";
import { matches, parseFooter, planMerge, replaced, segmentEvents } from "./segments.ts";
import type { Segment } from "./segments.ts";

export interface EngineOptions {
  readonly segmentsFolder: string;
  readonly tempFolder: string;
  readonly threads: number;
  /** As DuckDB writes it, for example `1GB`. */
  readonly memoryLimit: string;
}

interface Held extends Segment {
  /** Queries that read the file now. */
  pins: number;
  /** Replaced by a merge: removed when the last reader is gone. */
  dead: boolean;
}

/**
 * The store's segments and the one DuckDB instance over them. Owned by one thread: a second
 * instance on the same files would not see this one's changes.
 */
export class DuckDbEngine {
  readonly #options: EngineOptions;
  readonly #instance: DuckDBInstance;
  #segments: Held[] = [];
  #tables = 0;

  private constructor(options: EngineOptions, instance: DuckDBInstance) {
    this.#options = options;
    this.#instance = instance;
  }

  /** Opens the store and clears what an interrupted load or merge left. */
  static async open(options: EngineOptions): Promise<DuckDbEngine> {
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(options.threads),
      memory_limit: options.memoryLimit,
      temp_directory: options.tempFolder,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      preserve_insertion_order: "false",
    });
    const engine = new DuckDbEngine(options, instance);
    await engine.#all(duckdbLoading.keepFooters);
    await engine.#recover();
    return engine;
  }

  async #recover(): Promise<void> {
    const folder = this.#options.segmentsFolder;
    const names = await readdir(folder);
    for (const name of names.filter((candidate) => candidate.endsWith(".tmp"))) {
      await rm(join(folder, name));
    }
    const found = names.flatMap((name) => {
      const stretch = parseSegmentName(name);
      return stretch === null ? [] : [{ stretch, path: join(folder, name) }];
    });
    const obsolete = new Set(replaced(found));
    for (const segment of obsolete) await unlink(segment.path);
    const live = found.filter((segment) => !obsolete.has(segment));
    const scopes = await this.#readFooters(live.map((segment) => segment.path));
    for (const { stretch, path } of live) {
      const { size } = await stat(path);
      this.#segments.push({
        stretch,
        path,
        bytes: size,
        scopes: scopes.get(path) ?? [],
        pins: 0,
        dead: false,
      });
    }
  }

  async #readFooters(paths: readonly string[]): Promise<Map<string, readonly SegmentScope[]>> {
    if (paths.length === 0) return new Map();
    const rows = await this.#all(duckdbLoading.footers(paths));
    return new Map(rows.map((row) => [text(row, "file_name"), parseFooter(text(row, "footer"))]));
  }

  /**
   * Makes one sealed log file a segment, once: a file whose stretch is in a segment already is only
   * removed. The log file is gone only after the segment is durable.
   */
  async load(log: SealedLog): Promise<void> {
    const known = this.#segments.some((segment) => covers(segment.stretch, log.stretch));
    if (!known && log.scopes.length > 0) {
      await this.#addSegment(log.stretch, async (connection, temporary) => {
        const footer = JSON.stringify(log.scopes);
        const [row] = await all(connection, duckdbLoading.load(log.path, temporary, footer));
        const loaded = row === undefined ? 0 : number(row, "Count");
        const written = eventsIn(log.scopes);
        if (loaded !== written) throw new Error(`${loaded} events read, ${written} written`);
        return log.scopes;
      });
    }
    await rm(log.path, { force: true });
  }

  /**
   * Merges one run of small neighbours, if there is one. The inputs are read until their last query
   * ends and are removed then; a process that ends in between removes them at its next start.
   */
  async mergeOnce(): Promise<boolean> {
    const inputs = planMerge(this.#segments.filter((segment) => !segment.dead));
    const [first, last] = [inputs.at(0), inputs.at(-1)];
    if (first === undefined || last === undefined) return false;
    const stretch = { ...first.stretch, to: last.stretch.to };
    const paths = inputs.map((segment) => segment.path);
    this.#tables += 1;
    const table = `merged_${this.#tables}`;
    await this.#addSegment(stretch, async (connection, temporary) => {
      await run(connection, duckdbLoading.stageMerged(paths, table));
      try {
        const scopes = (await all(connection, duckdbLoading.scopes(table))).map(readScope);
        await run(connection, duckdbLoading.write(table, temporary, JSON.stringify(scopes)));
        return scopes;
      } finally {
        await run(connection, duckdbLoading.drop(table));
      }
    });
    const merged = new Set(paths);
    for (const held of this.#segments) if (merged.has(held.path)) held.dead = true;
    await this.#removeDead();
    return true;
  }

  /**
   * Removes the segments that hold nothing but one environment's events; what shares a file with other
   * environments stays. Must not run beside a merge, which could carry the events over.
   *
   * @returns how many of the environment's events stay
   */
  async forget(workspace: string, environment: string): Promise<number> {
    const isOf = (scope: SegmentScope): boolean =>
      scope.workspace === workspace && scope.environment === environment;
    const live = this.#segments.filter((segment) => !segment.dead);
    for (const segment of live) if (segment.scopes.every(isOf)) segment.dead = true;
    await this.#removeDead();
    return eventsIn(
      live.filter((segment) => !segment.dead).flatMap((segment) => segment.scopes.filter(isOf)),
    );
  }

  /** Lets `write` fill a temporary file, and gives it its name when it is whole. */
  async #addSegment(
    stretch: Stretch,
    write: (connection: DuckDBConnection, temporary: string) => Promise<readonly SegmentScope[]>,
  ): Promise<void> {
    const folder = this.#options.segmentsFolder;
    const path = join(folder, segmentName(stretch));
    const temporary = `${path}.tmp`;
    const connection = await this.#instance.connect();
    try {
      const scopes = await write(connection, temporary);
      await publish(folder, temporary, path);
      const { size } = await stat(path);
      this.#segments.push({ stretch, path, bytes: size, scopes, pins: 0, dead: false });
    } finally {
      connection.closeSync();
    }
  }

  async #removeDead(): Promise<void> {
    const removable = this.#segments.filter((segment) => segment.dead && segment.pins === 0);
    this.#segments = this.#segments.filter((segment) => !removable.includes(segment));
    for (const segment of removable) await rm(segment.path, { force: true });
  }

  /** Answers a query from the segments that exist when it starts. */
  async query<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>> {
    const filter = { ...query, ...reachOf(query) };
    const held = this.#segments.filter((segment) => !segment.dead && matches(segment, filter));
    for (const segment of held) segment.pins += 1;
    try {
      const compiled = compile(
        duckdb,
        query,
        held.map((segment) => segment.path),
      );
      return {
        rows: held.length === 0 ? [] : readRows(query, await this.#all(compiled)),
        sql: duckdb.display(compiled),
        newestReceivedAt: this.#newestReceivedAt(query),
        incomplete: null,
      };
    } finally {
      for (const segment of held) segment.pins -= 1;
      await this.#removeDead();
    }
  }

  /** Writes the events of an export into a file. @returns how many */
  async exportTo(query: ExportQuery, format: ExportFormat, path: string): Promise<number> {
    const everything = { ...query, ...EVERYTHING };
    const held = this.#segments.filter((segment) => !segment.dead && matches(segment, everything));
    if (held.length === 0) {
      await writeFile(path, "", { mode: 0o600 });
      return 0;
    }
    for (const segment of held) segment.pins += 1;
    try {
      const paths = held.map((segment) => segment.path);
      const [row] = await this.#all(exportStatement(query, paths, format, path));
      return row === undefined ? 0 : number(row, "Count");
    } finally {
      for (const segment of held) segment.pins -= 1;
      await this.#removeDead();
    }
  }

  #newestReceivedAt(query: EventQuery): number | null {
    const instants = this.#segments
      .flatMap((segment) => segment.scopes)
      .filter(
        (scope) => scope.workspace === query.workspace && scope.environment === query.environment,
      )
      .map((scope) => scope.lastReceivedAt);
    return instants.length === 0
      ? null
      : instants.reduce((latest, instant) => Math.max(latest, instant));
  }

  /** The message ids of files written since, part by part; null behind the last part. */
  async messageIds(storedSince: number, part: number): Promise<readonly SourceMessages[] | null> {
    const live = this.#segments.filter((segment) => !segment.dead);
    const files = live.map((segment) => ({ path: segment.path, rows: segmentEvents(segment) }));
    const found = await findPart(files, storedSince, part);
    return found === null ? null : (await this.#all(messageIdsOf(found))).map(readMessageIds);
  }

  stats(): EngineStats {
    const live = this.#segments.filter((segment) => !segment.dead);
    return {
      segments: live.length,
      bytes: live.reduce((sum, segment) => sum + segment.bytes, 0),
      scopes: mergeScopes(live.flatMap((segment) => segment.scopes)),
      damaged: [],
    };
  }

  /** The stretches that are in segments, for numbering the next log file. */
  stretches(): readonly Stretch[] {
    return this.#segments.map((segment) => segment.stretch);
  }

  close(): void {
    this.#instance.closeSync();
  }

  async #all(query: CompiledQuery): Promise<EngineRow[]> {
    const connection = await this.#instance.connect();
    try {
      return await all(connection, query);
    } finally {
      connection.closeSync();
    }
  }
}

/** Under its name a segment is complete and durable: DuckDB itself does not sync what it writes. */
async function publish(folder: string, temporary: string, path: string): Promise<void> {
  const handle = await open(temporary, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
}

async function run(connection: DuckDBConnection, query: CompiledQuery): Promise<void> {
  await connection.run(query.text, ...bound(query));
}

async function all(connection: DuckDBConnection, query: CompiledQuery): Promise<EngineRow[]> {
  const reader = await connection.runAndReadAll(query.text, ...bound(query));
  return reader.getRowObjectsJS();
}

function bound({ parameters }: CompiledQuery): readonly [DuckDBValue[]?, DuckDBType[]?] {
  return parameters.length === 0 ? [] : [parameters.map(toValue), parameters.map(toType)];
}

function toValue(parameter: QueryParameter): DuckDBValue {
  if (Number.isSafeInteger(parameter)) return BigInt(Number(parameter));
  return typeof parameter === "object" && parameter !== null
    ? listValue([...parameter])
    : parameter;
}

/** Given explicitly: the binding would take 1e100 for an integer. */
function toType(parameter: QueryParameter): DuckDBType {
  if (parameter === null) return SQLNULL;
  if (typeof parameter === "string") return VARCHAR;
  if (typeof parameter === "boolean") return BOOLEAN;
  if (typeof parameter === "number") return Number.isSafeInteger(parameter) ? BIGINT : DOUBLE;
  return LIST(VARCHAR);
}

function readScope(row: EngineRow): SegmentScope {
  return {
    workspace: text(row, "workspace"),
    environment: text(row, "environment"),
    events: number(row, "events"),
    firstReceivedAt: number(row, "first_received_at"),
    lastReceivedAt: number(row, "last_received_at"),
    newestAt: number(row, "newest_at"),
  };
}
