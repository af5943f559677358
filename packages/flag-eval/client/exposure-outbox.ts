import { headersOf, isRecord, JSON_HEADERS, retryAfterMs, waitMs } from "./io.ts";
import type { ClientIo, ClientPlace } from "./io.ts";

/** That a unit was treated, as the server takes it. */
export interface ClientExposure {
  readonly flagKey: string;
  readonly revision: number;
  readonly ruleId: string;
  readonly variant: string;
  readonly unit: string;
  /** The comparison of a rollout; else the server knows it. */
  readonly experimentId?: string;
}

const BATCH = 200;
const MAX_WAITING = 10_000;
const SEND_AFTER_MS = 1_000;
// The server counts a unit once a day; what was told in the last hour need not be told again.
const KNOWN_FOR_MS = 3_600_000;
const MAX_KNOWN = 20_000;
// A body that outlives its page may have 64 kB.
const KEEPALIVE_BATCH = 100;

interface Waiting {
  readonly exposure: ClientExposure;
  readonly atMs: number;
}

/**
 * Exposures on their way to the server: sent in batches, again after a failure, never more than 10,000
 * in memory.
 */
export class ExposureOutbox {
  readonly #place: ClientPlace;
  readonly #io: ClientIo;
  readonly #onLost: (count: number, reason: string) => void;
  readonly #known = new Map<string, number>();
  #waiting: Waiting[] = [];
  #cancel: (() => void) | null = null;
  #sending: Promise<void> | null = null;
  #failures = 0;

  /** @param onLost  told how many exposures the server will never have, and why */
  constructor(
    place: ClientPlace,
    io: ClientIo,
    onLost: (count: number, reason: string) => void = () => undefined,
  ) {
    this.#place = place;
    this.#io = io;
    this.#onLost = onLost;
  }

  /** Whether another one can be taken: who cannot be counted must not be treated. */
  get hasRoom(): boolean {
    return this.#waiting.length < MAX_WAITING;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** @returns false if there is no room */
  offer(exposure: ClientExposure): boolean {
    const atMs = this.#io.monotonicMs();
    const key = JSON.stringify(Object.values(exposure));
    const knownMs = this.#known.get(key);
    if (knownMs !== undefined && atMs - knownMs < KNOWN_FOR_MS) return true;
    if (!this.hasRoom) return false;
    this.#remember(key, atMs);
    this.#waiting.push({ exposure, atMs });
    if (this.#waiting.length >= BATCH) void this.flush();
    else this.#later(SEND_AFTER_MS);
    return true;
  }

  /** Sends what waits now. Resolves when it is sent, or the first attempt has failed. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Hands everything to the browser, which sends it even though the page goes away. */
  flushAway(): void {
    const leaving = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < leaving.length; at += KEEPALIVE_BATCH) {
      this.#post(leaving.slice(at, at + KEEPALIVE_BATCH), true).catch(() => undefined);
    }
  }

  #remember(key: string, atMs: number): void {
    this.#known.delete(key);
    this.#known.set(key, atMs);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  #later(ms: number): void {
    this.#cancel ??= this.#io.after(ms, () => {
      this.#cancel = null;
      void this.flush();
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      const wait = await this.#sendBatch(batch);
      if (wait !== null) {
        this.#failures += 1;
        this.#later(wait);
        return;
      }
      this.#failures = 0;
      this.#waiting = this.#waiting.slice(batch.length);
    }
  }

  /** @returns how long to wait before it is sent again; null if that is done with */
  async #sendBatch(batch: readonly Waiting[]): Promise<number | null> {
    const soon = waitMs(this.#failures, this.#io.random());
    try {
      const response = await this.#post(batch, false);
      const { status } = response;
      if (status === 200) {
        const body = await response.json();
        const refused =
          isRecord(body) && Array.isArray(body["refused"]) ? body["refused"].length : 0;
        if (refused > 0) this.#onLost(refused, "the server knows no such exposure");
        return null;
      }
      if (status === 429 || status >= 500) return retryAfterMs(response) ?? soon;
      this.#onLost(batch.length, `the server answered ${status}`);
      return null;
    } catch {
      return soon;
    }
  }

  #post(batch: readonly Waiting[], keepalive: boolean): ReturnType<ClientIo["fetch"]> {
    const nowMs = this.#io.monotonicMs();
    const exposures = batch.map(({ exposure, atMs }) => ({ ...exposure, ageMs: nowMs - atMs }));
    return this.#io.fetch(`${this.#place.url}/flags/v1/exposures`, {
      method: "POST",
      headers: headersOf(this.#place, JSON_HEADERS),
      body: JSON.stringify({ exposures }),
      keepalive,
    });
  }
}
