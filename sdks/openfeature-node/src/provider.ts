import { randomUUID } from "node:crypto";

import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents } from "@openfeature/server-sdk";
import type {
  EvaluationContext,
  JsonValue,
  Provider,
  ProviderMetadata,
  ResolutionDetails,
} from "@openfeature/server-sdk";
import {
  Acknowledger,
  ExposureOutbox,
  FlagStream,
  headersOf,
  isRecord,
  JSON_HEADERS,
} from "@paceline/flag-eval/client";
import type { ClientPlace, FlagUpdate, Greeting } from "@paceline/flag-eval/client";
import { answerProbe, LocalFlags } from "@paceline/flag-eval/client/local";
import type { LocalAnswer } from "@paceline/flag-eval/client/local";

import { readCache, writeCache } from "./cache-file.ts";
import { NODE_IO } from "./node-io.ts";
import type { Bootstrap, PacelineProviderOptions } from "./options.ts";
import { BOOLEAN, failed, NUMBER, objectType, resolutionOf, STRING } from "./resolution.ts";
import type { ValueType } from "./resolution.ts";
import { evaluateOnServer } from "./server-evaluation.ts";
import type { ServerAnswer } from "./server-evaluation.ts";

const VERSION = "0.0.0";
const INIT_TIMEOUT_MS = 5_000;
const CACHE_AFTER_MS = 1_000;

function answerOf({ evaluation, missing }: LocalAnswer, key: string): ServerAnswer {
  if (missing === null) return evaluation;
  return {
    value: undefined,
    variant: undefined,
    reason: undefined,
    errorCode: ErrorCode.TARGETING_KEY_MISSING,
    errorMessage: `flag "${key}" needs a text as ${missing}`,
    metadata: evaluation.metadata,
  };
}

function plainValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  return isRecord(value) ? withoutDates(value) : value;
}

/** The context as it would reach the server: an instant is its ISO text. */
function withoutDates(
  context: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [name, plainValue(value)]),
  );
}

/**
 * Serves Paceline's flags to OpenFeature on Node. Changes come by a stream; evaluation happens in this
 * process, but for flags that only the server can evaluate. Without a server it goes on with what it has.
 */
export class PacelineProvider implements Provider {
  readonly metadata: ProviderMetadata = { name: "paceline" };
  readonly runsOn = "server";
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter();
  readonly #options: PacelineProviderOptions;
  readonly #place: ClientPlace;
  readonly #outbox: ExposureOutbox;
  readonly #acknowledger: Acknowledger;
  readonly #instance: string = randomUUID();
  #flags: LocalFlags = LocalFlags.none;
  #stream: FlagStream | null = null;
  #settle: ((problem: Error | null) => void) | null = null;
  #mustReload = false;
  #isStale = false;
  #isReady = false;
  #cancelCache: (() => void) | null = null;

  constructor(options: PacelineProviderOptions) {
    this.#options = options;
    this.#place = { url: options.url.replace(/\/+$/, ""), apiKey: options.apiKey };
    this.#outbox = new ExposureOutbox(this.#place, NODE_IO, (count, reason) =>
      this.#tell(`${count} exposures were not taken: ${reason}`),
    );
    this.#acknowledger = new Acknowledger(this.#place, NODE_IO);
  }

  /** The environment's revision that is evaluated with; null before there is one. */
  get revision(): number | null {
    return this.#flags.configuration?.revision ?? null;
  }

  /** @throws Error if there is no configuration in time, neither from the server nor kept from before */
  async initialize(): Promise<void> {
    const { cacheFile, initTimeoutMs = INIT_TIMEOUT_MS } = this.#options;
    const kept = cacheFile === undefined ? null : await readCache(cacheFile);
    if (kept !== null) this.#flags = LocalFlags.none.after(kept) ?? LocalFlags.none;
    const first = new Promise<Error | null>((resolve) => {
      // Holds the process, unlike all other timers: who waits for the start gets an answer.
      const timer = setTimeout(
        () => resolve(new Error("the server did not answer in time")),
        initTimeoutMs,
      );
      this.#settle = (found) => {
        clearTimeout(timer);
        resolve(found);
      };
    });
    this.#connect();
    const problem = await first;
    this.#settle = null;
    this.#isReady = problem === null || kept !== null;
    if (problem === null) return;
    if (kept === null) throw problem;
    this.#isStale = true;
    // The SDK says READY when this resolves; that it is an old configuration comes after that.
    setTimeout(() => this.#emitStale("the last configuration that was kept is used"), 0);
  }

  /** Sends what waits and ends the stream. */
  async onClose(): Promise<void> {
    this.#stream?.close();
    this.#cancelCache?.();
    await Promise.all([this.#outbox.flush(), this.#keep()]);
  }

  resolveBooleanEvaluation(
    key: string,
    defaultValue: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(key, defaultValue, context, BOOLEAN);
  }

  resolveStringEvaluation(
    key: string,
    defaultValue: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return this.#resolve(key, defaultValue, context, STRING);
  }

  resolveNumberEvaluation(
    key: string,
    defaultValue: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return this.#resolve(key, defaultValue, context, NUMBER);
  }

  resolveObjectEvaluation<T extends JsonValue>(
    key: string,
    defaultValue: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return this.#resolve(key, defaultValue, context, objectType<T>());
  }

  /**
   * What a page of one context starts with, for `PacelineWebProvider`. Exposes nobody: the page reports
   * what it reads.
   *
   * @throws what the network throws
   */
  async bootstrap(context: EvaluationContext): Promise<Bootstrap> {
    const response = await NODE_IO.fetch(`${this.#place.url}/flags/v1/values`, {
      method: "POST",
      headers: headersOf(this.#place, JSON_HEADERS),
      body: JSON.stringify({ context }),
    });
    const body = await response.json();
    if (response.status !== 200 || !isRecord(body) || !isRecord(body["flags"])) {
      throw new Error(`the server answered ${response.status}`);
    }
    const { id, revision, flags, metadata } = {
      id: String(body["id"]),
      revision: Number(body["revision"]),
      flags: body["flags"],
      metadata: body["metadata"],
    };
    return { id, revision, context, flags, metadata: isRecord(metadata) ? metadata : {} };
  }

  async #resolve<T>(
    key: string,
    defaultValue: T,
    context: EvaluationContext,
    type: ValueType<T>,
  ): Promise<ResolutionDetails<T>> {
    if (this.#flags.configuration === null) {
      return failed(defaultValue, ErrorCode.PROVIDER_NOT_READY, "there is no configuration yet");
    }
    if (this.#flags.isOnServer(key)) return this.#askServer(key, defaultValue, context, type);
    const local = this.#flags.serve(key, withoutDates(context), Date.now());
    const resolved = resolutionOf(answerOf(local, key), defaultValue, type);
    if (resolved.errorCode !== undefined) return resolved;
    const { exposure, isRequired, heldBack } = local;
    if (heldBack !== null) this.#outbox.offer(heldBack);
    if (exposure === null || this.#outbox.offer(exposure)) return resolved;
    // Nobody is treated who cannot be counted; the server counts before it answers.
    if (isRequired) return this.#askServer(key, defaultValue, context, type);
    this.#tell("an exposure was not kept: too many wait");
    return resolved;
  }

  async #askServer<T>(
    key: string,
    defaultValue: T,
    context: EvaluationContext,
    type: ValueType<T>,
  ): Promise<ResolutionDetails<T>> {
    try {
      const answer = await evaluateOnServer(this.#place, NODE_IO, key, context);
      return resolutionOf(answer, defaultValue, type);
    } catch {
      return failed(
        defaultValue,
        ErrorCode.GENERAL,
        "the server, which alone can evaluate it, is away",
      );
    }
  }

  #connect(): void {
    const { client = "openfeature-node", version = VERSION, deadAfterMs } = this.#options;
    this.#stream = new FlagStream({
      ...this.#place,
      io: NODE_IO,
      client,
      version,
      instance: this.#instance,
      lastEventId: () => (this.#mustReload ? null : (this.#flags.configuration?.id ?? null)),
      ...(deadAfterMs === undefined ? {} : { deadAfterMs }),
      onGreeting: (greeting) => this.#greet(greeting),
      onUpdate: (update) => this.#take(update),
      onDown: (reason, isFatal) => this.#down(reason, isFatal),
    });
  }

  #greet({ stream, probe }: Greeting): void {
    this.#acknowledger.useStream(stream);
    if (probe === null) return;
    const { client = "openfeature-node", version = VERSION } = this.#options;
    const answers = answerProbe(probe.flag, probe.keys);
    NODE_IO.fetch(`${this.#place.url}/flags/v1/parity`, {
      method: "POST",
      headers: headersOf(this.#place, JSON_HEADERS),
      body: JSON.stringify({ client, version, answers }),
    }).catch(() => this.#tell("the parity probe could not be answered"));
  }

  #take(update: FlagUpdate): boolean {
    const next = this.#flags.after(update);
    this.#mustReload = next === null;
    if (next === null) return false;
    const before = this.#flags;
    this.#flags = next;
    this.#acknowledger.acknowledge(update.revision);
    this.#settle?.(null);
    if (this.#isReady) this.#announce(before, next, update);
    else this.#isReady = this.#settle === null;
    this.#keepSoon();
    return true;
  }

  #announce(before: LocalFlags, next: LocalFlags, { from, flags }: FlagUpdate): void {
    if (this.#isStale || before.configuration === null) {
      this.#isStale = false;
      this.events.emit(ProviderEvents.Ready);
    }
    if (before === next) return;
    const known = before.configuration?.flags ?? {};
    const keys = from === null ? Object.keys({ ...known, ...flags }) : Object.keys(flags);
    const flagsChanged = keys.filter(
      (key) => JSON.stringify(known[key]) !== JSON.stringify(flags[key] ?? undefined),
    );
    if (flagsChanged.length > 0) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
    }
  }

  #down(reason: string, isFatal: boolean): void {
    this.#tell(`${reason}${isFatal ? "" : "; it is tried again"}`);
    if (isFatal) {
      this.#settle?.(new Error(reason));
      if (this.#isReady) {
        const errorCode = ErrorCode.PROVIDER_FATAL;
        this.events.emit(ProviderEvents.Error, { message: reason, errorCode });
      }
    } else if (this.#isReady && !this.#isStale) {
      this.#isStale = true;
      this.#emitStale(reason);
    }
  }

  #emitStale(message: string): void {
    if (this.#isStale) this.events.emit(ProviderEvents.Stale, { message });
  }

  #keepSoon(): void {
    if (this.#options.cacheFile === undefined) return;
    this.#cancelCache ??= NODE_IO.after(CACHE_AFTER_MS, () => {
      this.#cancelCache = null;
      void this.#keep();
    });
  }

  async #keep(): Promise<void> {
    const { cacheFile } = this.#options;
    const { configuration } = this.#flags;
    if (cacheFile === undefined || configuration === null) return;
    try {
      await writeCache(cacheFile, configuration);
    } catch {
      this.#tell("the configuration could not be kept in the cache file");
    }
  }

  #tell(problem: string): void {
    this.#options.onProblem?.(problem);
  }
}
