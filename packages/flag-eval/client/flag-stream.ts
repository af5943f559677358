import { EventParser } from "./event-parser.ts";
import type { ServerEvent } from "./event-parser.ts";
import { headersOf, isRecord, JSON_HEADERS, retryAfterMs, waitMs } from "./io.ts";
import type { ClientIo, ClientPlace, ClientResponse } from "./io.ts";

/** Three signs of life that did not come: the connection is dead, whatever the network says. */
const DEAD_AFTER_MS = 45_000;

/** The whole configuration, or (with `from`) what has changed since a revision. */
export interface FlagUpdate {
  /** What to name when coming back. */
  readonly id: string;
  readonly revision: number;
  /** Null for a whole configuration. */
  readonly from: number | null;
  /** What was known before is void, although its number is higher. */
  readonly isReset: boolean;
  /** By key; null for a flag that is gone. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** How a server greets: what to name in acknowledgements, and how to show one's bucketing. */
export interface Greeting {
  readonly stream: string;
  readonly probe: { readonly flag: unknown; readonly keys: readonly string[] } | null;
}

export interface FlagStreamOptions extends ClientPlace {
  readonly io: ClientIo;
  readonly client: string;
  readonly version: string;
  readonly instance: string;
  /** For values of one context; absent for rules. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** The id of what is known; null for nothing. */
  readonly lastEventId: () => string | null;
  readonly deadAfterMs?: number;
  readonly onGreeting: (greeting: Greeting) => void;
  /** @returns false if the update does not follow what is known: then everything is asked for anew */
  readonly onUpdate: (update: FlagUpdate) => boolean;
  /** The connection broke, or could not be made; it is tried again unless fatal. */
  readonly onDown: (reason: string, isFatal: boolean) => void;
}

function greetingOf(data: unknown): Greeting | null {
  if (!isRecord(data) || typeof data["stream"] !== "string") return null;
  const { stream, probe } = { stream: data["stream"], probe: data["probe"] };
  if (!isRecord(probe) || !Array.isArray(probe["keys"])) return { stream, probe: null };
  return { stream, probe: { flag: probe["flag"], keys: probe["keys"].map(String) } };
}

/** @returns null for what is no update */
export function readUpdate(id: string | null, data: unknown): FlagUpdate | null {
  if (!isRecord(data) || !isRecord(data["flags"])) return null;
  const { revision, from, reset, flags, metadata } = {
    revision: data["revision"],
    from: data["from"],
    reset: data["reset"],
    flags: data["flags"],
    metadata: data["metadata"],
  };
  if (typeof revision !== "number") return null;
  return {
    id: id ?? String(revision),
    revision,
    from: typeof from === "number" ? from : null,
    isReset: reset === true,
    flags,
    metadata: isRecord(metadata) ? metadata : {},
  };
}

/** Keeps a delta stream open until it is closed. What it tells is in order; a broken one resumes. */
export class FlagStream {
  readonly #options: FlagStreamOptions;
  #abort = new AbortController();
  #cancelWait: () => void = () => undefined;
  #cancelWatch: () => void = () => undefined;
  #failures = 0;
  #isClosed = false;

  constructor(options: FlagStreamOptions) {
    this.#options = options;
    void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWait();
    this.#cancelWatch();
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#abort = new AbortController();
      const outcome = await this.#readOnce();
      this.#cancelWatch();
      if (this.#isClosed) return;
      this.#options.onDown(outcome.reason, outcome.isFatal);
      if (outcome.isFatal) return;
      const wait = outcome.waitMs ?? waitMs(this.#failures, this.#options.io.random());
      this.#failures += 1;
      await new Promise<void>((resolve) => {
        const cancel = this.#options.io.after(wait, resolve);
        this.#cancelWait = () => {
          cancel();
          resolve();
        };
      });
    }
  }

  async #readOnce(): Promise<{ reason: string; isFatal: boolean; waitMs: number | null }> {
    try {
      this.#watch();
      const response = await this.#request();
      const { status } = response;
      if (status === 401 || status === 403) {
        return { reason: `the key was refused (${status})`, isFatal: true, waitMs: null };
      }
      if (status !== 200 || response.body === null) {
        const wait = retryAfterMs(response);
        return { reason: `the server answered ${status}`, isFatal: false, waitMs: wait };
      }
      await this.#readEvents(response.body);
      return { reason: "the server ended the stream", isFatal: false, waitMs: null };
    } catch (error) {
      const reason = error instanceof Error ? error.message : "the connection failed";
      return { reason, isFatal: false, waitMs: null };
    }
  }

  #request(): Promise<ClientResponse> {
    const { io, url, client, version, instance, context, lastEventId } = this.#options;
    const id = lastEventId();
    const about = new URLSearchParams({ client, version, instance });
    return io.fetch(`${url}/flags/v1/stream?${about.toString()}`, {
      method: context === undefined ? "GET" : "POST",
      headers: headersOf(this.#options, {
        ...(id === null ? {} : { "last-event-id": id }),
        ...(context === undefined ? {} : JSON_HEADERS),
      }),
      signal: this.#abort.signal,
      ...(context === undefined ? {} : { body: JSON.stringify({ context }) }),
    });
  }

  async #readEvents(body: NonNullable<ClientResponse["body"]>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#isClosed) return;
      this.#watch();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) this.#take(event);
    }
  }

  #take({ id, event, data }: ServerEvent): void {
    const { onGreeting, onUpdate } = this.#options;
    const parsed: unknown = JSON.parse(data);
    if (event === "hello") {
      const greeting = greetingOf(parsed);
      if (greeting !== null) onGreeting(greeting);
    } else if (event === "document" || event === "delta") {
      const update = readUpdate(id, parsed);
      if (update === null) return;
      this.#failures = 0;
      if (!onUpdate(update)) throw new Error("an update does not follow what is known");
    }
  }

  /** Ends a connection on which nothing comes any more. */
  #watch(): void {
    this.#cancelWatch();
    const { io, deadAfterMs = DEAD_AFTER_MS } = this.#options;
    const abort = this.#abort;
    this.#cancelWatch = io.after(deadAfterMs, () =>
      abort.abort(new Error("nothing came any more")),
    );
  }
}
