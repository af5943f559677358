import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type {
  EventQuery,
  ExportFormat,
  ExportQuery,
  QueryScope,
  RowsOf,
} from "../../domain/index.ts";
import type { SealedLog } from "../log/recovery.ts";
import { eventsIn, mergeScopes } from "../log/scopes.ts";
import type { Stretch } from "../log/segment-name.ts";
import type {
  EngineStats,
  EraseOutcome,
  EraseRequest,
  IdentifyRequest,
  QueryAnswer,
  RetainedMonth,
  RetainRequest,
  SourceMessages,
} from "./answers.ts";
import { planCompaction } from "./compaction-plan.ts";
import { compact } from "./compaction.ts";
import { mayBeDamage, unreadableAmong } from "./damage.ts";
import { exportStatement } from "./duckdb-export.ts";
import { Database } from "./duckdb/database.ts";
import { duckdb } from "./duckdb/dialect.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { findPart, messageIdsOf, readMessageIds } from "./duckdb/message-ids.ts";
import { erasePerson, identify } from "./erasing.ts";
import { ExperimentStates } from "./experiment-states.ts";
import type { StoreSnapshot } from "./experiment-states.ts";
import { incompleteness } from "./incompleteness.ts";
import { compile, EVERYTHING, reachOf } from "./plan.ts";
import { removeEnvironment, removeMonths } from "./removing.ts";
import { number, readRows, text } from "./rows.ts";
import type { EngineRow } from "./rows.ts";
import { runsOf } from "./runs.ts";
import { SegmentSet } from "./segment-set.ts";
import type { HeldSegment } from "./segment-set.ts";
import { matches, parseFooter, segmentEvents } from "./segments.ts";
import type { Segment } from "./segments.ts";

export interface EngineOptions {
  readonly segmentsFolder: string;
  readonly tempFolder: string;
  readonly threads: number;
  /** As DuckDB writes it, for example `1GB`: for queries and loading. */
  readonly memoryLimit: string;
  /** For compaction, erasing and retention, which have a DuckDB of their own while they run. */
  readonly upkeepMemoryLimit: string;
  /** Files in the order of arrival are split by month and person when they hold so many events. */
  readonly splitEvents: number;
}

/**
 * The store's segments and the DuckDB over them. Owned by one thread. What rewrites files runs in a
 * DuckDB of its own with one thread, so that it holds up neither queries nor loading, and whose
 * memory and temporary files are gone when it has ended.
 */
export class DuckDbEngine {
  readonly #options: EngineOptions;
  readonly #set: SegmentSet;
  #serving: Database;
  /** Opened by the first load. With one thread: two spend twice the CPU on a file of this size. */
  #loading: Promise<Database> | null = null;
  /** What is known of running experiments, kept in the serving DuckDB. */
  #states: ExperimentStates;
  /** Ends when every DuckDB that was replaced has ended. */
  #retired: Promise<unknown> = Promise.resolve();
  #databases = 0;
  #erasing: EngineStats["erasing"] = null;

  private constructor(options: EngineOptions, serving: Database, set: SegmentSet) {
    this.#options = options;
    this.#serving = serving;
    this.#states = new ExperimentStates(serving);
    this.#set = set;
  }

  /** Opens the store and clears what an interrupted load, compaction or erasure left. */
  static async open(options: EngineOptions): Promise<DuckDbEngine> {
    const { threads, memoryLimit } = options;
    const tempFolder = join(options.tempFolder, "serving-0");
    const serving = await Database.open({ threads, memoryLimit, tempFolder, keepOrder: false });
    const set = await SegmentSet.open(options.segmentsFolder, async (path) => {
      const [row] = await serving.all(duckdbLoading.footers([path]));
      if (row === undefined) throw new Error("its footer says nothing about its events");
      return parseFooter(text(row, "footer"));
    });
    return new DuckDbEngine(options, serving, set);
  }

  /**
   * Makes one sealed log file a segment, once: a file whose stretch is stored already is only
   * removed. The log file is gone only after the segment is durable.
   */
  async load(log: SealedLog): Promise<void> {
    if (!this.#set.isStored(log.stretch) && log.scopes.length > 0) {
      const temporary = this.#set.temporaryOf(log.stretch);
      const footer = JSON.stringify(log.scopes);
      const loading = await this.#openLoading();
      const [row] = await loading.all(duckdbLoading.load(log.path, temporary, footer));
      const loaded = row === undefined ? 0 : number(row, "Count");
      const written = eventsIn(log.scopes);
      if (loaded !== written) throw new Error(`${loaded} events read, ${written} written`);
      await this.#set.addLoaded(log.stretch, log.scopes);
    }
    await rm(log.path, { force: true });
  }

  #openLoading(): Promise<Database> {
    this.#loading ??= Database.open({
      threads: 1,
      memoryLimit: this.#options.upkeepMemoryLimit,
      tempFolder: join(this.#options.tempFolder, "loading"),
      keepOrder: false,
    }).catch((cause: unknown) => {
      this.#loading = null;
      throw cause;
    });
    return this.#loading;
  }

  /** One step of compaction, if there is one to do. Files that turn out to be damaged are set aside. */
  async compactOnce(): Promise<boolean> {
    const step = planCompaction(this.#set.live, this.#options.splitEvents);
    if (step === null) return false;
    // Afterwards a file may mix what a state has seen with what it has not.
    await this.#states.absorb((scope) =>
      this.#snapshot(
        scope,
        this.#set.live.filter((segment) => matches(segment, { ...scope, ...EVERYTHING })),
      ),
    );
    await this.#rewriting(step.inputs, 1, (database) => compact(database, this.#set, step));
    return true;
  }

  /** Removes one environment. Must not run beside compaction. @returns how many of its events stay */
  async forget(workspace: string, environment: string): Promise<number> {
    const scope = { workspace, environment };
    const inputs = this.#matching(scope);
    await this.#rewriting(inputs, this.#options.threads, (database) =>
      removeEnvironment(database, this.#set, scope),
    );
    const damaged = this.#set.damaged.flatMap((file) => file.scopes ?? []);
    return eventsIn(
      damaged.filter((held) => held.workspace === workspace && held.environment === environment),
    );
  }

  /** @see Engine.retain */
  async retain(request: RetainRequest): Promise<readonly RetainedMonth[]> {
    const { workspace, environment } = request;
    const inputs = this.#matching({ workspace, environment });
    const removed: RetainedMonth[] = [];
    await this.#rewriting(inputs, this.#options.threads, async (database) => {
      removed.splice(0, Infinity, ...(await removeMonths(database, this.#set, request)));
    });
    return removed;
  }

  /** @see Engine.erase */
  async erase(request: EraseRequest): Promise<EraseOutcome> {
    const known = this.#set.erasure(request.id);
    if (known !== null) return known;
    this.#erasing = { id: request.id, filesDone: 0, files: null };
    try {
      const inputs = this.#matching({ workspace: request.workspace, environment: null });
      let replaced: readonly HeldSegment[] = [];
      await this.#rewriting(inputs, this.#options.threads, async (database) => {
        replaced = await erasePerson(database, this.#set, request, (filesDone, files) => {
          this.#erasing = { id: request.id, filesDone, files };
        });
      });
      // What the engine has in memory or spilled may hold the person, too.
      await this.#renewServing();
      await this.#set.removed(replaced);
      await this.#retired;
    } finally {
      this.#erasing = null;
    }
    const outcome = this.#set.erasure(request.id);
    if (outcome === null) throw new Error("an erasure left no outcome");
    return outcome;
  }

  /** @see Engine.identify */
  async identify(request: IdentifyRequest): Promise<readonly string[]> {
    const inputs = this.#matching({ workspace: request.workspace, environment: null });
    let found: readonly string[] = [];
    await this.#rewriting(inputs, this.#options.threads, async (database) => {
      found = await identify(database, this.#set, request);
    });
    return found;
  }

  /** Runs work over files in a DuckDB of its own; a file that it fails on is set aside, and it runs again. */
  async #rewriting(
    inputs: readonly HeldSegment[],
    threads: number,
    work: (database: Database) => Promise<void>,
  ): Promise<void> {
    this.#databases += 1;
    const database = await Database.open({
      threads,
      memoryLimit: this.#options.upkeepMemoryLimit,
      tempFolder: join(this.#options.tempFolder, `upkeep-${this.#databases}`),
      keepOrder: true,
    });
    let damaged = 0;
    try {
      await work(database);
    } catch (cause) {
      damaged = await this.#setAsideUnreadable(inputs, cause);
      if (damaged === 0) throw cause;
    } finally {
      await database.close();
    }
    if (damaged > 0) {
      const live = new Set(this.#set.live);
      await this.#rewriting(
        inputs.filter((input) => live.has(input)),
        threads,
        work,
      );
    }
  }

  #matching(scope: {
    readonly workspace: string;
    readonly environment: string | null;
  }): readonly HeldSegment[] {
    return this.#set.live.filter((segment) =>
      segment.scopes.some(
        (held) =>
          held.workspace === scope.workspace &&
          (scope.environment === null || held.environment === scope.environment),
      ),
    );
  }

  /** Answers a query from the segments that exist when it starts. */
  async query<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>> {
    const filter = { ...query, ...reachOf(query) };
    // What is known of an experiment looks at all files of its environment.
    const chosen = query.kind === "experiment" ? { ...query, ...EVERYTHING } : filter;
    return this.#reading(
      (segment) => matches(segment, chosen),
      async (pinned) => {
        const files = pinned.filter((segment) => matches(segment, filter));
        const compiled = compile(
          duckdb,
          query,
          files.map((segment) => segment.path),
        );
        return {
          rows: files.length === 0 ? [] : await this.#rows(query, files, pinned),
          sql: duckdb.display(compiled),
          newestReceivedAt: this.#newestReceivedAt(query),
          incomplete: incompleteness(this.#set.damaged, filter),
        };
      },
    );
  }

  async #rows<Q extends EventQuery>(
    query: Q,
    files: readonly Segment[],
    pinned: readonly Segment[],
  ): Promise<readonly RowsOf[Q["kind"]][]> {
    const known =
      query.kind === "experiment"
        ? await this.#states.answer(query, this.#snapshot(query, pinned))
        : null;
    if (known !== null) return readRows(query, known);
    const rows: EngineRow[] = [];
    for (const run of runsOf(query, files)) {
      rows.push(...(await this.#serving.all(compile(duckdb, query, run))));
    }
    return readRows(query, rows);
  }

  #snapshot(scope: QueryScope, segments: readonly Segment[]): StoreSnapshot {
    const { generation, stretches } = this.#set;
    const files = segments.map((segment) => {
      const own = segment.scopes.filter(
        (held) => held.workspace === scope.workspace && held.environment === scope.environment,
      );
      const [merged = null] = mergeScopes(own);
      const { path, part, scopes } = segment;
      const bucket = part?.bucket ?? null;
      const mixed = own.length < scopes.length;
      return { path, stretches: segment.stretches, bucket, scope: merged, mixed };
    });
    return { generation, stretches, files };
  }

  /** Writes the events of an export into a file. @returns how many */
  async exportTo(query: ExportQuery, format: ExportFormat, path: string): Promise<number> {
    const everything = { ...query, ...EVERYTHING };
    return this.#reading(
      (segment) => matches(segment, everything),
      async (pinned) => {
        const paths = pinned.map((segment) => segment.path);
        if (paths.length === 0) {
          await writeFile(path, "", { mode: 0o600 });
          return 0;
        }
        const [row] = await this.#serving.all(exportStatement(query, paths, format, path));
        return row === undefined ? 0 : number(row, "Count");
      },
    );
  }

  /** Reads live files while they are pinned; those that cannot be read are set aside, and it reads again. */
  async #reading<T>(
    chosen: (segment: Segment) => boolean,
    read: (pinned: readonly Segment[]) => Promise<T>,
  ): Promise<T> {
    const pinned = this.#set.pin(chosen);
    try {
      return await read(pinned);
    } catch (cause) {
      if ((await this.#setAsideUnreadable(pinned, cause)) === 0) throw cause;
    } finally {
      await this.#set.release(pinned);
    }
    return this.#reading(chosen, read);
  }

  /** @returns how many of the files could not be read */
  async #setAsideUnreadable(files: readonly HeldSegment[], cause: unknown): Promise<number> {
    if (!mayBeDamage(cause)) return 0;
    this.#databases += 1;
    const damaged = await unreadableAmong(files, {
      threads: 1,
      memoryLimit: this.#options.upkeepMemoryLimit,
      tempFolder: join(this.#options.tempFolder, `check-${this.#databases}`),
      keepOrder: false,
    });
    for (const { segment, reason } of damaged) {
      if (this.#set.live.includes(segment)) await this.#set.setAside(segment, reason);
    }
    // A file that another reader of this moment set aside is damage found, too.
    const gone = files.filter((file) => !file.dead && !this.#set.live.includes(file));
    if (gone.length > 0) await this.#renewServing();
    return gone.length;
  }

  /** Later queries run in a new DuckDB; the old one ends with its last query, and leaves nothing. */
  async #renewServing(): Promise<void> {
    const { threads, memoryLimit } = this.#options;
    this.#databases += 1;
    const tempFolder = join(this.#options.tempFolder, `serving-${this.#databases}`);
    const old = this.#serving;
    this.#serving = await Database.open({ threads, memoryLimit, tempFolder, keepOrder: false });
    this.#states = new ExperimentStates(this.#serving);
    // Not waited for: who renews may be one of its users. Files are waited for by `removed`.
    this.#retired = Promise.all([this.#retired, old.close()]);
  }

  #newestReceivedAt(query: EventQuery): number | null {
    const instants = this.#set.live
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
    const { live } = this.#set;
    const files = live.map((segment) => ({ path: segment.path, rows: segmentEvents(segment) }));
    const found = await findPart(files, storedSince, part);
    return found === null
      ? null
      : (await this.#serving.all(messageIdsOf(found))).map(readMessageIds);
  }

  stats(): EngineStats {
    const { live, damaged } = this.#set;
    return {
      segments: live.length,
      bytes: live.reduce((sum, segment) => sum + segment.bytes, 0),
      scopes: mergeScopes(live.flatMap((segment) => segment.scopes)),
      damaged: damaged.map(({ name, reason, foundAt, bytes, scopes }) => ({
        name,
        reason,
        foundAt,
        bytes,
        scopes,
      })),
      erasing: this.#erasing,
    };
  }

  /** The stretches that are or were in segments, for numbering the next log file. */
  stretches(): readonly Stretch[] {
    return this.#set.stretches;
  }

  async close(): Promise<void> {
    await this.#retired;
    await (await this.#loading?.catch(() => null))?.close();
    await this.#serving.close();
  }
}
