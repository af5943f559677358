import type { Engine } from "./engine/engine.ts";
import type { SealedLog } from "./log/recovery.ts";
import { UNOBSERVED } from "./observer.ts";
import type { EventObserver } from "./observer.ts";

/** Between two attempts for a log file that could not be loaded. */
const RETRY_MS = 1_000;
/**
 * Compaction begins when nothing has been loaded for so long: what arrives goes first. Shorter than
 * the age at which a log file is sealed, so only files sealed by their size put it off.
 */
export const QUIET_MS = 1_500;
/**
 * So many files loaded without a quiet moment are the most that compaction is put off for. Then it
 * goes on beside loading until nothing is left to do, so that files stay few at any rate of events.
 */
export const MOST_PUT_OFF = 64;

/**
 * Turns sealed log files into segments, one after the other, and keeps files few. A file
 * that fails goes to the end of the queue and stays on the disk: others are not held up, and
 * nothing is lost.
 */
export class Loader {
  readonly #engine: Pick<Engine, "load" | "maintain">;
  readonly #observer: EventObserver;
  readonly #beforeLoad: (log: SealedLog) => Promise<void>;
  readonly #listeners = new Set<() => void>();
  readonly #addedAtMs = new WeakMap<SealedLog, number>();
  #queue: SealedLog[] = [];
  #loading = false;
  /** What may not run side by side: steps of compaction, erasures, removals. */
  #upkeep: Promise<unknown> = Promise.resolve();
  #compacting = false;
  /** Compaction was put off long enough: it does not wait for quiet moments until it has caught up. */
  #catchingUp = false;
  #loadedSinceCompaction = 0;
  #quiet: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failure: string | null = null;
  #upkeepFailure: string | null = null;
  #closed = false;
  /** Those who wait until the queue has been worked through once. */
  #waiters: { resolve(): void; reject(cause: Error): void }[] = [];

  /** @param beforeLoad what must be durable before the log file may be removed */
  constructor(
    engine: Pick<Engine, "load" | "maintain">,
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
    return this.#failure ?? this.#upkeepFailure;
  }

  /** Tells when queries see new events; listeners must be quick and must not throw. @returns how to stop */
  onLoaded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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

  /** Runs something that may not run beside compaction, between two of its steps. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#upkeep.then(work);
    this.#upkeep = done.catch(() => undefined);
    return done;
  }

  /** Does every step of compaction that there is to do, now. @throws Error if one fails */
  async compact(): Promise<void> {
    while (await this.exclusively(() => this.#engine.maintain()));
  }

  /** Lets the present load and step end; what still waits is loaded at the next start. */
  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#quiet);
    await this.#upkeep;
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
        this.#loadedSinceCompaction += 1;
        for (const listener of this.#listeners) listener();
        // Also while files keep waiting, when there is no end of the queue to begin at.
        if (this.#loadedSinceCompaction >= MOST_PUT_OFF) this.#compactSoon();
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
    this.#compactSoon();
  }

  #compactSoon(): void {
    if (this.#closed) return;
    clearTimeout(this.#quiet);
    if (this.#loadedSinceCompaction >= MOST_PUT_OFF) {
      this.#catchingUp = true;
      this.#compactOnce();
    } else this.#quiet = setTimeout(() => this.#compactOnce(), QUIET_MS);
  }

  /** One step, and the next at once unless something was loaded meanwhile: then when it is quiet again. */
  #compactOnce(): void {
    if (this.#compacting || this.#closed) return;
    this.#compacting = true;
    this.#loadedSinceCompaction = 0;
    void this.exclusively(async () => !this.#closed && (await this.#engine.maintain()))
      .then((more) => {
        this.#upkeepFailure = null;
        this.#compacting = false;
        this.#catchingUp &&= more;
        if (more && (this.#catchingUp || this.#loadedSinceCompaction === 0)) this.#compactOnce();
        else if (more) this.#compactSoon();
      })
      .catch((cause: unknown) => {
        // Files that stay small answer the same; the next load tries again.
        this.#compacting = false;
        this.#catchingUp = false;
        this.#upkeepFailure = `compaction: ${cause instanceof Error ? cause.message : String(cause)}`;
      });
  }
}
