import { join } from "node:path";

import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { UNOBSERVED } from "../observer.ts";
import type { EventObserver } from "../observer.ts";
import { GroupBuffer } from "./group-buffer.ts";
import type { LogDisk, LogFile } from "./log-files.ts";
import type { SealedLog } from "./recovery.ts";
import { mergeScopes } from "./scopes.ts";
import type { SegmentScope } from "./scopes.ts";
import { logName } from "./segment-name.ts";

/** The disk did not take the bytes: nothing was acknowledged, and the caller should retry. */
export interface DiskFailing {
  readonly kind: "disk-failing";
  readonly reason: string;
}

export interface LogWriterOptions {
  readonly folder: string;
  readonly node: string;
  readonly firstSeq: number;
  readonly disk: LogDisk;
  /** A file is sealed when it has this many bytes, or when its first event is this old. */
  readonly rollBytes: number;
  readonly rollMs: number;
  readonly onSealed: (sealed: SealedLog) => void;
  /** Told which digests have become durable in which file, before anybody is answered. */
  readonly onDurable: (path: string, digests: Int32Array) => void;
  readonly observer?: EventObserver;
}

/** Lines for the log, and what they hold. */
export interface LogLines {
  /** Writes them, each ended by a line feed. */
  readonly writeTo: (write: (line: string) => void) => void;
  readonly scopes: readonly SegmentScope[];
  /** Digests of the message ids, for the message index. */
  readonly digests: Int32Array;
}

interface Waiting {
  readonly scopes: readonly SegmentScope[];
  readonly digests: Int32Array;
  readonly settle: (result: Result<void, DiskFailing>) => void;
}

interface OpenFile {
  readonly file: LogFile;
  readonly path: string;
  readonly seq: number;
  /** Only what is durable counts. */
  bytes: number;
  readonly scopes: SegmentScope[];
}

/**
 * The write-ahead log. All appends that wait while the disk works are written and made durable
 * together (group commit); each is answered only then.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  #waiting: Waiting[] = [];
  /** The lines of those who wait. */
  #filling = new GroupBuffer();
  /** The other one, free or being written. */
  #spare = new GroupBuffer();
  #open: OpenFile | null = null;
  /** A file with bytes of a failed group behind the durable ones, to be cut before it is sealed. */
  #damaged: OpenFile | null = null;
  #nextSeq: number;
  #working = false;
  #sealWaiters: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failure: string | null = null;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#nextSeq = options.firstSeq;
  }

  /** The reason why the last group failed, or null while the disk works. */
  get failure(): string | null {
    return this.#failure;
  }

  get openBytes(): number {
    return this.#open?.bytes ?? 0;
  }

  /** Bytes and calls that wait for a group, or are in one. */
  get waiting(): { readonly bytes: number; readonly appends: number } {
    return {
      bytes: this.#filling.length + this.#spare.length,
      appends: this.#waiting.length,
    };
  }

  /** Resolves when the lines are durable, or with the reason why they are not. */
  append({ writeTo, scopes, digests }: LogLines): Promise<Result<void, DiskFailing>> {
    writeTo(this.#filling.add);
    return new Promise((settle) => {
      this.#waiting.push({ scopes, digests, settle });
      this.#work();
    });
  }

  /** Resolves when everything acknowledged before is in a sealed file (or the disk fails). */
  seal(): Promise<void> {
    return new Promise((resolve) => {
      this.#sealWaiters.push(resolve);
      this.#work();
    });
  }

  async close(): Promise<void> {
    await this.seal();
    clearTimeout(this.#timer);
  }

  #work(): void {
    if (this.#working) return;
    this.#working = true;
    // One turn of the event loop lets requests that arrived together share the first group.
    setImmediate(() => void this.#drain());
  }

  /** Never rejects: every failure is settled with those who wait. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sealWaiters.length > 0) {
      const group = this.#waiting;
      const sealWaiters = this.#sealWaiters;
      this.#waiting = [];
      this.#sealWaiters = [];
      if (group.length > 0) await this.#commit(group);
      if (sealWaiters.length > 0 || this.openBytes >= this.#options.rollBytes) {
        await this.#sealOpen();
      }
      for (const resolve of sealWaiters) resolve();
    }
    // In the same turn as the last look at the queue, so that nobody is left waiting.
    this.#working = false;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const buffer = this.#filling;
    this.#filling = this.#spare;
    this.#spare = buffer;
    const bytes = buffer.bytes();
    let result: Result<void, DiskFailing> = ok(undefined);
    try {
      await this.#cutDamaged();
      const open = await this.#openFile();
      // Marked first: if the append fails, unknown bytes may follow the durable ones.
      this.#damaged = open;
      const observer = this.#options.observer ?? UNOBSERVED;
      await observer.sync(bytes.length, () => open.file.appendDurably(bytes));
      this.#damaged = null;
      open.bytes += bytes.length;
      for (const { scopes, digests } of group) {
        open.scopes.push(...scopes);
        this.#options.onDurable(open.path, digests);
      }
      this.#failure = null;
    } catch (cause) {
      this.#open = null;
      this.#failure = reasonOf(cause);
      result = err({ kind: "disk-failing", reason: this.#failure });
    }
    buffer.clear();
    for (const waiting of group) waiting.settle(result);
  }

  async #openFile(): Promise<OpenFile> {
    if (this.#open !== null) return this.#open;
    const { folder, node, disk, rollMs } = this.#options;
    const seq = this.#nextSeq;
    // A failed creation may leave the name behind, so a number is never tried twice.
    this.#nextSeq += 1;
    const path = join(folder, logName(node, seq));
    const file = await disk.create(folder, path);
    this.#open = { file, path, seq, bytes: 0, scopes: [] };
    this.#timer = setTimeout(() => void this.seal(), rollMs);
    return this.#open;
  }

  async #sealOpen(): Promise<void> {
    try {
      await this.#cutDamaged();
    } catch (cause) {
      this.#failure = reasonOf(cause);
    }
    const open = this.#open;
    this.#open = null;
    if (open !== null) await this.#finish(open);
  }

  /** What a failed group left behind its durable part must not be loaded: it was answered with an error. */
  async #cutDamaged(): Promise<void> {
    const damaged = this.#damaged;
    if (damaged === null) return;
    await damaged.file.truncate(damaged.bytes);
    this.#damaged = null;
    if (this.#open === damaged) this.#open = null;
    await this.#finish(damaged);
  }

  async #finish(open: OpenFile): Promise<void> {
    clearTimeout(this.#timer);
    // Its bytes are durable already; an error of close changes nothing about that.
    await open.file.close().catch(() => undefined);
    this.#options.onSealed({
      stretch: { node: this.#options.node, from: open.seq, to: open.seq },
      path: open.path,
      scopes: mergeScopes(open.scopes),
      bytes: open.bytes,
    });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
