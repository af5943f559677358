import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";

import { err } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { EventQuery, ExportFormat, ExportQuery, FlatEvent } from "../domain/index.ts";
import { adoptLog, hasOwner } from "./adopt-log.ts";
import type { Adoption } from "./adopt-log.ts";
import type { AppendOutcome, AppendRefusal } from "./append-outcome.ts";
import { Appender } from "./appending.ts";
import type {
  DamagedFile,
  ErasureProgress,
  QueryAnswer,
  RetainedMonth,
  RetainRequest,
} from "./engine/answers.ts";
import type { EngineOptions } from "./engine/duckdb-engine.ts";
import type { Engine } from "./engine/engine.ts";
import { Erasures } from "./erasure/erasures.ts";
import { Loader } from "./loader.ts";
import { lockFolder } from "./log/folder-lock.ts";
import { disk } from "./log/log-files.ts";
import type { LogDisk } from "./log/log-files.ts";
import { takesWrites } from "./log/probe.ts";
import { damagedLogs, recoverLog } from "./log/recovery.ts";
import type { DamagedLog } from "./log/recovery.ts";
import type { SegmentScope } from "./log/scopes.ts";
import { isNodeId } from "./log/segment-name.ts";
import type { Stretch } from "./log/segment-name.ts";
import { LogWriter } from "./log/writer.ts";
import type { MessageIndex, MessageIndexOptions } from "./message-index/message-index.ts";
import { openMessageIndex } from "./message-index/open-message-index.ts";
import { UNOBSERVED } from "./observer.ts";
import type { EventObserver } from "./observer.ts";
import { openEngine } from "./open-engine.ts";
import type { ClickHouseOptions } from "./open-engine.ts";

export type { AppendOutcome, AppendRefusal } from "./append-outcome.ts";

export interface EventStoreOptions {
  /** The product's data directory; the store lives in `events/` below it. */
  readonly dataDir: string;
  /** Part of every file name: lower-case letters, digits and single dashes. */
  readonly nodeId?: string;
  readonly limits?: Partial<EventStoreLimits>;
  /** Where the events are kept instead of in files below the data directory. */
  readonly clickhouse?: ClickHouseOptions;
  /** Where the log is written; tests hand in a failing one. */
  readonly disk?: LogDisk;
  /** The wall clock in Unix milliseconds, for how long message ids are kept. */
  readonly now?: () => number;
  /** Who counts and times what the store does; nobody by default. */
  readonly observer?: EventObserver;
}

export interface EventStoreLimits {
  /** A log file is sealed at this size or age. */
  readonly rollBytes: number;
  readonly rollMs: number;
  /** With more sealed log files waiting than this, appends are refused. */
  readonly waitingLogs: number;
  /** Bytes and calls that may wait for the disk before appends are refused. */
  readonly waitingBytes: number;
  readonly waitingAppends: number;
  /** Newest message ids kept in memory before they move to the index on the disk, some 50 bytes each. */
  readonly rememberedMessages: number;
  /** Memory for the filters by which the index knows new ids for new; one to two bytes an id. */
  readonly messageFilterBytes: number;
  readonly queryThreads: number;
  readonly queryMemory: string;
  /** For compaction, erasures and removals, on top of `queryMemory` while they run. */
  readonly upkeepMemory: string;
  /** Files in the order of arrival are split by month and person when they hold so many events. */
  readonly splitEvents: number;
}

export const DEFAULT_LIMITS: EventStoreLimits = {
  rollBytes: 8 * 1024 * 1024,
  rollMs: 2_000,
  waitingLogs: 16,
  waitingBytes: 64 * 1024 * 1024,
  waitingAppends: 20_000,
  rememberedMessages: 200_000,
  messageFilterBytes: 64 * 1024 * 1024,
  queryThreads: Math.min(4, availableParallelism()),
  queryMemory: "640MB",
  upkeepMemory: "512MB",
  splitEvents: 131_072,
};

/** What is durable but not yet seen by queries; known without asking the engine. */
export interface EventBacklog {
  /** Sealed log files that are not segments yet; their oldest is what queries lag behind. */
  readonly waitingLogs: number;
  /** How long the oldest of them has waited. */
  readonly waitingSeconds: number;
  readonly openLogBytes: number;
  readonly rememberedMessages: number;
  /** Why the last write to the log failed; null after one that succeeded. */
  readonly writeFailure: string | null;
  /** Why a log file cannot be loaded; null while all is well. */
  readonly loadFailure: string | null;
}

export interface EventStoreStats {
  /** Sealed log files that are not segments yet; their oldest is what queries lag behind. */
  readonly waitingLogs: number;
  readonly openLogBytes: number;
  readonly segments: number;
  readonly segmentBytes: number;
  readonly scopes: readonly SegmentScope[];
  /** Files that cannot be read and were set aside: queries lack their events, and say so. */
  readonly damaged: readonly DamagedFile[];
  readonly rememberedMessages: number;
  /** Bytes of half-written, never acknowledged groups that the last start cut off. */
  readonly droppedBytes: number;
  /** Broken bytes within log files, set aside: events that were acknowledged and are lost. */
  readonly damagedLogs: readonly DamagedLog[];
  /** Why the log cannot be written, or a log file not be loaded; null while all is well. */
  readonly failure: string | null;
  /** The erasure under way; null while there is none. */
  readonly erasing: ErasureProgress | null;
  /** How many erased identifiers are refused at the door. */
  readonly suppressedIdentifiers: number;
}

/** A file made for one reader. What a killed process leaves is removed at the next start. */
export interface ExportFile {
  readonly path: string;
  readonly events: number;
  discard(): Promise<void>;
}

export interface EventStore {
  /**
   * Makes events durable. Resolves when every event of the call that is new, and every copy of one
   * still under way, is on the disk; the outcomes are in the order of the events.
   */
  append(events: readonly FlatEvent[]): Promise<Result<readonly AppendOutcome[], AppendRefusal>>;
  run<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>>;
  /** Everything of an export in a file of its own, which `discard` removes. */
  exportEvents(query: ExportQuery, format: ExportFormat): Promise<ExportFile>;
  /** Resolves when everything acknowledged before the call is seen by queries. */
  flush(): Promise<void>;
  /**
   * Tells when queries see new events of this process; with ClickHouse other nodes' arrive untold.
   *
   * @param listener  quick, and never throws
   * @returns how to stop listening
   */
  onLoaded(listener: () => void): () => void;
  /** Does now what compaction would do in quiet moments. */
  compact(): Promise<void>;
  /** Erasing people, and who was erased. */
  readonly erasures: Pick<
    Erasures,
    "erase" | "resume" | "replay" | "receipts" | "pending" | "suppression" | "keyName" | "failure"
  >;
  /** Removes whole months. @returns what went, or would go in a dry run */
  retain(request: RetainRequest): Promise<readonly RetainedMonth[]>;
  /**
   * Removes the events of one environment.
   *
   * @returns how many of them stay, because their files are damaged
   */
  forget(workspace: string, environment: string): Promise<number>;
  /**
   * Loads the log that a dead node left in its data directory. Only where the events are in
   * ClickHouse: the embedded store is one node's alone.
   *
   * @param alive nodes that live; a log of one of them is left alone even where its lock is not seen
   * @returns null if the node lives, or if there is no such folder
   */
  adopt(dataDir: string, alive: readonly string[]): Promise<Adoption | null>;
  stats(): Promise<EventStoreStats>;
  backlog(): EventBacklog;
  /** Whether events can be made durable; after a failed write it is tried with a file of its own. */
  writable(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Opens the event store of a data directory, for this process alone: recovers the log, loads what
 * waits, and remembers the newest message ids.
 *
 * @throws Error if another process holds it, or if what it left cannot be read or loaded
 */
export async function openEventStore(options: EventStoreOptions): Promise<EventStore> {
  const node = options.nodeId ?? "node";
  if (!isNodeId(node)) throw new RangeError(`${node} is no node id`);
  const root = join(options.dataDir, "events");
  for (const folder of ["log", "segments"]) {
    await mkdir(join(root, folder), { recursive: true, mode: 0o700 });
  }
  const lock = lockFolder(join(root, "log"), `process ${pid}, node ${node}`);
  try {
    await rm(join(root, "tmp"), { recursive: true, force: true });
    await mkdir(join(root, "tmp"), { mode: 0o700 });
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const remote = options.clickhouse ?? null;
    const engine = await openEngine(root, engineOptions(root, limits), remote, Date.now);
    return await openLocked({ options, node, root, limits, lock, engine });
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

interface Opening {
  readonly options: EventStoreOptions;
  readonly node: string;
  readonly root: string;
  readonly limits: EventStoreLimits;
  readonly lock: { release(): void };
  readonly engine: Engine;
}

async function openLocked(opening: Opening): Promise<EventStore> {
  const { options, node, root, limits, lock, engine } = opening;
  const logFolder = join(root, "log");
  let opened: MessageIndex | null = null;
  try {
    const observer = options.observer ?? UNOBSERVED;
    const index = await openMessageIndex(
      indexOptions(options, limits, join(root, "index")),
      engine,
    );
    opened = index;
    const recovered = await recoverLog(logFolder, (path, events) => index.takeOver(path, events));
    const loader = new Loader(engine, observer, (log) => index.record(log.path));
    for (const sealed of recovered.sealed) loader.add(sealed);
    // A ClickHouse that is away is waited for by the loader, not by the start.
    const isShared = options.clickhouse !== undefined;
    if (!isShared) await loader.settled();
    const stretches = await engine.stretches();
    const known = [...stretches, ...recovered.sealed.map((sealed) => sealed.stretch)];
    const writer = new LogWriter({
      folder: logFolder,
      node,
      firstSeq: nextSeq(node, known),
      disk: options.disk ?? disk,
      rollBytes: limits.rollBytes,
      rollMs: limits.rollMs,
      onSealed: (sealed) => loader.add(sealed),
      onDurable: (path, digests) => index.noteDurable(path, digests),
      observer,
    });
    const appender = new Appender(index, writer);
    const tempFolder = join(root, "tmp");
    const erasures = await Erasures.open(root, {
      engine,
      flush: () => flushAll(writer, loader),
      exclusively: (work) => loader.exclusively(work),
      now: options.now ?? Date.now,
      damagedLogs: () => damagedLogs(logFolder),
    });
    // What was under way when the last process ended. A failure shows in the stats, and `resume` tries again.
    void erasures.resume().catch(() => undefined);
    const parts = { engine, loader, writer, index, appender, lock, tempFolder, limits, observer };
    const probe = (): Promise<boolean> => takesWrites(options.disk ?? disk, logFolder);
    const { droppedBytes } = recovered;
    return new LocalEventStore({ ...parts, isShared, logFolder, droppedBytes, probe, erasures });
  } catch (cause) {
    await opened?.close();
    await engine.close().catch(() => undefined);
    throw cause;
  }
}

function engineOptions(root: string, limits: EventStoreLimits): EngineOptions {
  return {
    segmentsFolder: join(root, "segments"),
    tempFolder: join(root, "tmp"),
    threads: limits.queryThreads,
    memoryLimit: limits.queryMemory,
    upkeepMemoryLimit: limits.upkeepMemory,
    splitEvents: limits.splitEvents,
  };
}

function indexOptions(
  options: EventStoreOptions,
  limits: EventStoreLimits,
  folder: string,
): MessageIndexOptions {
  return {
    folder,
    disk: options.disk ?? disk,
    now: options.now ?? Date.now,
    idsInMemory: limits.rememberedMessages,
    filterBytes: limits.messageFilterBytes,
  };
}

/** Numbers go on where this node's files on the disk end. */
function nextSeq(node: string, known: readonly Stretch[]): number {
  const own = known.filter((stretch) => stretch.node === node);
  return own.reduce((last, stretch) => Math.max(last, stretch.to), 0) + 1;
}

interface Parts {
  readonly engine: Engine;
  /** Whether other nodes keep their events in the same place. */
  readonly isShared: boolean;
  readonly loader: Loader;
  readonly writer: LogWriter;
  readonly index: MessageIndex;
  readonly appender: Appender;
  readonly lock: { release(): void };
  readonly tempFolder: string;
  readonly logFolder: string;
  readonly limits: EventStoreLimits;
  readonly droppedBytes: number;
  readonly observer: EventObserver;
  readonly probe: () => Promise<boolean>;
  readonly erasures: Erasures;
}

class LocalEventStore implements EventStore {
  readonly #parts: Parts;
  #exports = 0;
  /** The probe under way, shared by those who ask meanwhile. */
  #probing: Promise<boolean> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  append(events: readonly FlatEvent[]): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
    return this.#parts.observer.append(events.length, () => this.#append(events));
  }

  async #append(
    events: readonly FlatEvent[],
  ): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
    const { loader, writer, appender, limits } = this.#parts;
    const { bytes, appends } = writer.waiting;
    if (
      loader.waiting > limits.waitingLogs ||
      bytes > limits.waitingBytes ||
      appends > limits.waitingAppends
    ) {
      return err({ kind: "backpressure", retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    return appender.append(events);
  }

  run<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>> {
    const { engine, observer } = this.#parts;
    return observer.query(query.kind, () => engine.query(query));
  }

  async exportEvents(query: ExportQuery, format: ExportFormat): Promise<ExportFile> {
    const { engine, tempFolder } = this.#parts;
    this.#exports += 1;
    const path = join(tempFolder, `export-${this.#exports}`);
    const discard = (): Promise<void> => rm(path, { force: true });
    try {
      return { path, events: await engine.exportTo(query, format, path), discard };
    } catch (cause) {
      await discard();
      throw cause;
    }
  }

  flush(): Promise<void> {
    return flushAll(this.#parts.writer, this.#parts.loader);
  }

  onLoaded(listener: () => void): () => void {
    return this.#parts.loader.onLoaded(listener);
  }

  get erasures(): Erasures {
    return this.#parts.erasures;
  }

  async retain(request: RetainRequest): Promise<readonly RetainedMonth[]> {
    const { engine, loader } = this.#parts;
    if (!request.dryRun) await this.flush();
    return loader.exclusively(() => engine.retain(request));
  }

  compact(): Promise<void> {
    return this.#parts.loader.compact();
  }

  async forget(workspace: string, environment: string): Promise<number> {
    const { engine, loader, index } = this.#parts;
    await this.flush();
    const staying = await loader.exclusively(() => engine.forget(workspace, environment));
    await index.forget(workspace, environment);
    return staying;
  }

  async adopt(dataDir: string, alive: readonly string[]): Promise<Adoption | null> {
    const { engine, isShared } = this.#parts;
    if (!isShared) throw new Error("only a store in ClickHouse can take over another node's log");
    return (await hasOwner(dataDir, alive)) ? null : adoptLog(dataDir, engine);
  }

  async stats(): Promise<EventStoreStats> {
    const { engine, loader, writer, index, logFolder, droppedBytes, erasures } = this.#parts;
    const { segments, bytes, scopes, damaged, erasing } = await engine.stats();
    return {
      waitingLogs: loader.waiting,
      openLogBytes: writer.openBytes,
      segments,
      segmentBytes: bytes,
      scopes,
      damaged,
      rememberedMessages: index.remembered,
      droppedBytes,
      damagedLogs: await damagedLogs(logFolder),
      failure: writer.failure ?? loader.failure ?? index.failure ?? erasures.failure,
      erasing,
      suppressedIdentifiers: erasures.suppression.size,
    };
  }

  backlog(): EventBacklog {
    const { loader, writer, index } = this.#parts;
    return {
      waitingLogs: loader.waiting,
      waitingSeconds: loader.waitingSeconds,
      openLogBytes: writer.openBytes,
      rememberedMessages: index.remembered,
      writeFailure: writer.failure,
      loadFailure: loader.failure,
    };
  }

  async writable(): Promise<boolean> {
    if (this.#parts.writer.failure === null) return true;
    this.#probing ??= this.#parts.probe().finally(() => (this.#probing = null));
    return this.#probing;
  }

  async close(): Promise<void> {
    const { engine, loader, writer, index, lock } = this.#parts;
    await writer.close();
    await loader.close();
    await index.close();
    await engine.close();
    lock.release();
  }
}

async function flushAll(writer: LogWriter, loader: Loader): Promise<void> {
  await writer.seal();
  if (writer.failure !== null) throw new Error(`the event log fails: ${writer.failure}`);
  await loader.settled();
}

/** A loaded file takes a fraction of a second, so a second frees at least one place. */
const RETRY_AFTER_SECONDS = 1;
