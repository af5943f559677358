import type { Engine } from "./engine/engine.ts";
import type { SealedLog } from "./log/recovery.ts";
import { UNOBSERVED } from "./observer.ts";
import type { EventObserver } from "./observer.ts";

/** Between two attempts for a log file that could not be loaded. */
const RETRY_MS = 1_000;

/**
 * Turns sealed log files into segments, one after the other, and keeps small segments few. A file
 * that fails goes to the end of the queue and stays on the disk: others are not held up, and
 * nothing is lost.
 */
export class Loader {
  readonly #engine: Engine;
  readonly #observer: EventObserver;
  readonly #beforeLoad: (log: SealedLog) => Promise<void>;
  readonly #addedAtMs = new WeakMap<SealedLog, number>();
  #queue: SealedLog[] = [];
  #loading = false;
  #merging: Promise<void> = Promise.resolve();
  #mergeWanted = false;
  #retry: NodeJS.Timeout | undefined;
  #failure: string | null = null;
  #closed = false;
  /** Those who wait until the queue has been worked through once. */
  #waiters: { resolve(): void; reject(cause: Error): void }[] = [];

  /** @param beforeLoad what must be durable before the log file may be removed */
  constructor(
    engine: Engine,
    observer: EventObserver = UNOBSERVED,
    beforeLoad: (log: SealedLog) => Promise<void> = async () => undefined,
  ) {
    this.#engine = engine;
    this.#beforeLoad = beforeLoad;
    this.#observer = observer;
  }

  /** Sealed log files that are not segments yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** How long the oldest of them has waited in this process. */
  get waitingSeconds(): number {
    const now = performance.now();
    const waits = this.#queue.map((log) => now - (this.#addedAtMs.get(log) ?? now));
    return Math.max(0, ...waits) / 1000;
  }

  get failure(): string | null {
    return this.#failure;
  }

  add(log: SealedLog): void {
    this.#addedAtMs.set(log, performance.now());
    this.#queue.push(log);
    this.#work();
  }

  /** Resolves when every file added so far is a segment. @throws Error if one cannot be loaded */
  settled(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#work();
    });
  }

  /** Removes what one environment alone holds, between two merges. @returns how many events stay */
  forget(workspace: string, environment: string): Promise<number> {
    const forgetting = this.#merging.then(() => this.#engine.forget(workspace, environment));
    this.#merging = forgetting.then(
      () => undefined,
      () => undefined,
    );
    return forgetting;
  }

  /** Lets the present load and merge end; what still waits is loaded at the next start. */
  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#merging;
  }

  #work(): void {
    if (this.#loading || this.#closed) return;
    this.#loading = true;
    clearTimeout(this.#retry);
    void this.#loadAll();
  }

  /** Never rejects: failures are told to the waiters and tried again. */
  async #loadAll(): Promise<void> {
    const failed: SealedLog[] = [];
    let failure: string | null = null;
    for (let log = this.#queue.at(0); log !== undefined; log = this.#queue.at(0)) {
      try {
        await this.#beforeLoad(log);
        await this.#observer.load(log.bytes, () => this.#engine.load(log));
      } catch (cause) {
        failure = `${log.path}: ${cause instanceof Error ? cause.message : String(cause)}`;
        failed.push(log);
      }
      this.#queue.shift();
    }
    this.#queue = failed;
    this.#failure = failure;
    this.#loading = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (failure === null) waiter.resolve();
      else waiter.reject(new Error(`events cannot be loaded: ${failure}`));
    }
    if (failed.length > 0 && !this.#closed) {
      this.#retry = setTimeout(() => this.#work(), RETRY_MS);
    }
    this.#merge();
  }

  #merge(): void {
    if (this.#mergeWanted || this.#closed) return;
    this.#mergeWanted = true;
    this.#merging = this.#merging.then(async () => {
      this.#mergeWanted = false;
      try {
        while (!this.#closed && (await this.#engine.maintain()));
      } catch (cause) {
        // Unmerged segments answer the same; the next load tries again.
        this.#failure = `merging: ${cause instanceof Error ? cause.message : String(cause)}`;
      }
    });
  }
}
