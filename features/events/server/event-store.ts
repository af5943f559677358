import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";

import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { encodeEvents } from "../domain/index.ts";
import type { EventQuery, ExportFormat, ExportQuery, FlatEvent } from "../domain/index.ts";
import type { MessageKey, QueryAnswer } from "./engine/answers.ts";
import { EngineClient } from "./engine/engine-client.ts";
import type { Engine } from "./engine/engine.ts";
import { Loader } from "./loader.ts";
import { lockFolder } from "./log/folder-lock.ts";
import { disk } from "./log/log-files.ts";
import type { LogDisk } from "./log/log-files.ts";
import { takesWrites } from "./log/probe.ts";
import { recoverLog } from "./log/recovery.ts";
import { scopesOf } from "./log/scopes.ts";
import type { SegmentScope } from "./log/scopes.ts";
import { isNodeId } from "./log/segment-name.ts";
import type { Stretch } from "./log/segment-name.ts";
import { LogWriter } from "./log/writer.ts";
import { UNOBSERVED } from "./observer.ts";
import type { EventObserver } from "./observer.ts";
import { RecentMessages } from "./recent-messages.ts";

export interface EventStoreOptions {
  /** The product's data directory; the store lives in `events/` below it. */
  readonly dataDir: string;
  /** Part of every file name: lower-case letters, digits and single dashes. */
  readonly nodeId?: string;
  readonly limits?: Partial<EventStoreLimits>;
  /** Where the log is written; tests hand in a failing one. */
  readonly disk?: LogDisk;
  /** Who counts and times what the store does; nobody by default. */
  readonly observer?: EventObserver;
}

export interface EventStoreLimits {
  /** A log file is sealed at this size or age. */
  readonly rollBytes: number;
  readonly rollMs: number;
  /** With more sealed log files waiting than this, appends are refused. */
  readonly waitingLogs: number;
  /** Newest message ids remembered, about 100 bytes each. */
  readonly rememberedMessages: number;
  readonly queryThreads: number;
  readonly queryMemory: string;
}

export const DEFAULT_LIMITS: EventStoreLimits = {
  rollBytes: 8 * 1024 * 1024,
  rollMs: 2_000,
  waitingLogs: 16,
  rememberedMessages: 200_000,
  queryThreads: Math.min(4, availableParallelism()),
  queryMemory: "1GB",
};

export type AppendOutcome = "accepted" | "duplicate";

/** Nothing of the call was taken; the same call may be sent again. */
export type AppendRefusal =
  | { readonly kind: "backpressure"; readonly retryAfterSeconds: number }
  | { readonly kind: "disk-failing"; readonly reason: string };

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
}

export interface EventStoreStats {
  /** Sealed log files that are not segments yet; their oldest is what queries lag behind. */
  readonly waitingLogs: number;
  readonly openLogBytes: number;
  readonly segments: number;
  readonly segmentBytes: number;
  readonly scopes: readonly SegmentScope[];
  readonly rememberedMessages: number;
  /** Bytes of half-written, never acknowledged groups that the last start cut off. */
  readonly droppedBytes: number;
  /** Why the log cannot be written, or a log file not be loaded; null while all is well. */
  readonly failure: string | null;
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
   * Removes the files that hold nothing but the events of one environment. Events that share a file
   * with those of other environments stay.
   *
   * @returns how many events of the environment stay
   */
  forget(workspace: string, environment: string): Promise<number>;
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
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const root = join(options.dataDir, "events");
  const logFolder = join(root, "log");
  const segmentsFolder = join(root, "segments");
  const tempFolder = join(root, "tmp");
  for (const folder of [logFolder, segmentsFolder]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const lock = lockFolder(logFolder, `process ${pid}, node ${node}`);
  await rm(tempFolder, { recursive: true, force: true });
  await mkdir(tempFolder, { mode: 0o700 });
  const engine = new EngineClient({
    segmentsFolder,
    tempFolder,
    threads: limits.queryThreads,
    memoryLimit: limits.queryMemory,
  });
  try {
    const recovered = await recoverLog(logFolder);
    const observer = options.observer ?? UNOBSERVED;
    const loader = new Loader(engine, observer);
    for (const sealed of recovered.sealed) loader.add(sealed);
    await loader.settled();
    const recent = new RecentMessages(limits.rememberedMessages);
    for (const key of await engine.recentMessageIds(limits.rememberedMessages)) {
      recent.add(scopeOf(key), key.messageId);
    }
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
      observer,
    });
    const parts = { engine, loader, writer, recent, lock, tempFolder, limits, observer };
    const probe = (): Promise<boolean> => takesWrites(options.disk ?? disk, root);
    return new LocalEventStore({ ...parts, droppedBytes: recovered.droppedBytes, probe });
  } catch (cause) {
    await engine.close().catch(() => undefined);
    lock.release();
    throw cause;
  }
}

/** Numbers go on where this node's files on the disk end. */
function nextSeq(node: string, known: readonly Stretch[]): number {
  const own = known.filter((stretch) => stretch.node === node);
  return own.reduce((last, stretch) => Math.max(last, stretch.to), 0) + 1;
}

interface Parts {
  readonly engine: Engine;
  readonly loader: Loader;
  readonly writer: LogWriter;
  readonly recent: RecentMessages;
  readonly lock: { release(): void };
  readonly tempFolder: string;
  readonly limits: EventStoreLimits;
  readonly droppedBytes: number;
  readonly observer: EventObserver;
  readonly probe: () => Promise<boolean>;
}

class LocalEventStore implements EventStore {
  readonly #parts: Parts;
  #exports = 0;
  /** The probe under way, shared by those who ask meanwhile. */
  #probing: Promise<boolean> | null = null;
  /** The newest write; copies of events under way wait for it. */
  #lastWrite: Promise<Result<void, AppendRefusal>> = Promise.resolve(ok(undefined));

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  append(events: readonly FlatEvent[]): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
    return this.#parts.observer.append(events.length, () => this.#append(events));
  }

  async #append(
    events: readonly FlatEvent[],
  ): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
    const { loader, limits } = this.#parts;
    if (loader.waiting > limits.waitingLogs) {
      return err({ kind: "backpressure", retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    const { outcomes, fresh, copies } = this.#sort(events);
    const before = this.#lastWrite;
    if (fresh.length > 0) this.#lastWrite = this.#write(fresh);
    const written = await this.#lastWrite;
    if (fresh.length > 0 && !written.ok) return written;
    if (copies.length === 0) return ok(outcomes);
    // A copy is only as durable as its original, which may have been under way and have failed.
    await before;
    return copies.every((copy) => this.#isKnown(copy))
      ? ok(outcomes)
      : err({ kind: "disk-failing", reason: "an earlier copy of an event was not written" });
  }

  #sort(events: readonly FlatEvent[]): {
    readonly outcomes: readonly AppendOutcome[];
    readonly fresh: readonly FlatEvent[];
    readonly copies: readonly FlatEvent[];
  } {
    const { recent } = this.#parts;
    const outcomes: AppendOutcome[] = [];
    const fresh: FlatEvent[] = [];
    const copies: FlatEvent[] = [];
    let previous: FlatEvent | undefined;
    let scope = "";
    for (const event of events) {
      if (previous === undefined || !sameScope(event, previous)) scope = scopeOf(event);
      previous = event;
      const isNew = recent.add(scope, event.messageId);
      outcomes.push(isNew ? "accepted" : "duplicate");
      (isNew ? fresh : copies).push(event);
    }
    return { outcomes, fresh, copies };
  }

  async #write(fresh: readonly FlatEvent[]): Promise<Result<void, AppendRefusal>> {
    const { writer, recent } = this.#parts;
    const result = await writer.append(encodeEvents(fresh), scopesOf(fresh));
    if (!result.ok) for (const event of fresh) recent.remove(scopeOf(event), event.messageId);
    return result;
  }

  #isKnown(event: FlatEvent): boolean {
    return this.#parts.recent.has(scopeOf(event), event.messageId);
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

  async flush(): Promise<void> {
    const { writer, loader } = this.#parts;
    await writer.seal();
    if (writer.failure !== null) throw new Error(`the event log fails: ${writer.failure}`);
    await loader.settled();
  }

  async forget(workspace: string, environment: string): Promise<number> {
    await this.flush();
    return this.#parts.loader.forget(workspace, environment);
  }

  async stats(): Promise<EventStoreStats> {
    const { engine, loader, writer, recent, droppedBytes } = this.#parts;
    const { segments, bytes, scopes } = await engine.stats();
    return {
      waitingLogs: loader.waiting,
      openLogBytes: writer.openBytes,
      segments,
      segmentBytes: bytes,
      scopes,
      rememberedMessages: recent.size,
      droppedBytes,
      failure: writer.failure ?? loader.failure,
    };
  }

  backlog(): EventBacklog {
    const { loader, writer, recent } = this.#parts;
    return {
      waitingLogs: loader.waiting,
      waitingSeconds: loader.waitingSeconds,
      openLogBytes: writer.openBytes,
      rememberedMessages: recent.size,
      writeFailure: writer.failure,
    };
  }

  async writable(): Promise<boolean> {
    if (this.#parts.writer.failure === null) return true;
    this.#probing ??= this.#parts.probe().finally(() => (this.#probing = null));
    return this.#probing;
  }

  async close(): Promise<void> {
    const { engine, loader, writer, lock } = this.#parts;
    await writer.close();
    await loader.close();
    await engine.close();
    lock.release();
  }
}

/** A loaded file takes a fraction of a second, so a second frees at least one place. */
const RETRY_AFTER_SECONDS = 1;

function sameScope(a: FlatEvent, b: FlatEvent): boolean {
  return a.source === b.source && a.environment === b.environment && a.workspace === b.workspace;
}

function scopeOf(key: Omit<MessageKey, "messageId">): string {
  return `${key.workspace} ${key.environment} ${key.source}`;
}
