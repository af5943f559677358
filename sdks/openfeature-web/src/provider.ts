import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents } from "@openfeature/web-sdk";
import type {
  EvaluationContext,
  JsonValue,
  Provider,
  ProviderMetadata,
  ResolutionDetails,
} from "@openfeature/web-sdk";
import { Acknowledger, ExposureOutbox, FlagStream, isRecord } from "@paceline/flag-eval/client";
import type { ClientPlace, FlagUpdate } from "@paceline/flag-eval/client";

import type { KeptValues, PacelineWebProviderOptions } from "./options.ts";
import { followPage, PAGE_IO, pageStorage } from "./page.ts";
import { BOOLEAN, failed, NUMBER, resolutionOf, STRING } from "./resolution.ts";
import type { ValueType } from "./resolution.ts";
import {
  bootstrapValues,
  changedKeys,
  contextText,
  exposureOf,
  keep,
  readKept,
  valuesAfter,
} from "./values.ts";
import type { Values } from "./values.ts";

const VERSION = "0.0.0";
const TIMEOUT_MS = 3_000;
// A browser has six connections for a place: pages that nobody sees give theirs back.
const HIDDEN_AFTER_MS = 30_000;

/** A short name of a place and key, under which values are kept; the key cannot be read from it. */
function storageName({ url, apiKey }: ClientPlace): string {
  let hash = 0x811c9dc5;
  for (const letter of `${url} ${apiKey}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  return `paceline.${(hash >>> 0).toString(36)}`;
}

/**
 * Serves Paceline's flags to OpenFeature in a page or app. The server evaluates for the context; changes
 * come by a stream. Without a server it goes on with the values that it has.
 */
export class PacelineWebProvider implements Provider {
  readonly metadata: ProviderMetadata = { name: "paceline-web" };
  readonly runsOn = "client";
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter();
  readonly #options: PacelineWebProviderOptions;
  readonly #place: ClientPlace;
  readonly #outbox: ExposureOutbox;
  readonly #acknowledger: Acknowledger;
  readonly #storage: KeptValues | null;
  readonly #instance: string = Math.random().toString(36).slice(2);
  #context: EvaluationContext = {};
  #values: Values | null = null;
  #stream: FlagStream | null = null;
  #settle: ((problem: Error | null) => void) | null = null;
  #cancelHidden: (() => void) | null = null;
  #unfollow: () => void = () => undefined;
  #isReady = false;
  #isStale = false;
  #mustReload = false;

  constructor(options: PacelineWebProviderOptions) {
    this.#options = options;
    this.#place = { url: options.url.replace(/\/+$/, ""), apiKey: options.apiKey };
    this.#storage = options.storage === undefined ? pageStorage() : options.storage;
    this.#outbox = new ExposureOutbox(this.#place, PAGE_IO, (count, reason) =>
      options.onProblem?.(`${count} exposures were not taken: ${reason}`),
    );
    this.#acknowledger = new Acknowledger(this.#place, PAGE_IO);
  }

  /** The environment's revision that the values are of; null before there are any. */
  get revision(): number | null {
    return this.#values?.revision ?? null;
  }

  /** @throws Error if there are no values in time: from the bootstrap, the server, or kept from before */
  async initialize(context: EvaluationContext = {}): Promise<void> {
    this.#unfollow = followPage({
      shown: () => this.#shown(),
      hidden: () => this.#hidden(),
      leaving: () => this.#outbox.flushAway(),
    });
    this.#context = context;
    this.#values = bootstrapValues(this.#options.bootstrap, context);
    if (this.#values !== null) {
      this.#isReady = true;
      this.#connect();
      return;
    }
    const kept = readKept(this.#storage, storageName(this.#place), context);
    this.#values = kept;
    const problem = await this.#firstValues();
    this.#isReady = problem === null || kept !== null;
    if (problem === null) return;
    if (kept === null) throw problem;
    this.#isStale = true;
    // The SDK says READY when this resolves; that these are old values comes after that.
    setTimeout(() => this.#emitStale("the last values that were kept are used"), 0);
  }

  /**
   * Until the new context's values are there, those of the old one are served.
   *
   * @throws Error if there are none in time; then those of the old one are dropped
   */
  async onContextChange(_old: EvaluationContext, context: EvaluationContext): Promise<void> {
    if (contextText(this.#context) === contextText(context)) return;
    this.#stream?.close();
    this.#context = context;
    const kept = readKept(this.#storage, storageName(this.#place), context);
    this.#mustReload = kept === null;
    if (kept !== null) this.#values = kept;
    const problem = await this.#firstValues();
    if (problem === null || kept !== null) return;
    this.#values = null;
    throw problem;
  }

  /** Sends what waits and ends the stream. */
  async onClose(): Promise<void> {
    this.#unfollow();
    this.#cancelHidden?.();
    this.#stream?.close();
    await this.#outbox.flush();
  }

  resolveBooleanEvaluation(key: string, defaultValue: boolean): ResolutionDetails<boolean> {
    return this.#resolve(key, defaultValue, BOOLEAN);
  }

  resolveStringEvaluation(key: string, defaultValue: string): ResolutionDetails<string> {
    return this.#resolve(key, defaultValue, STRING);
  }

  resolveNumberEvaluation(key: string, defaultValue: number): ResolutionDetails<number> {
    return this.#resolve(key, defaultValue, NUMBER);
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string, defaultValue: T): ResolutionDetails<T> {
    // The caller's own type of object is a promise between it and the flag.
    const holds = (value: unknown): value is T => typeof value === "object" && value !== null;
    return this.#resolve(key, defaultValue, ["object", holds]);
  }

  #resolve<T>(key: string, defaultValue: T, type: ValueType<T>): ResolutionDetails<T> {
    if (this.#values === null) {
      return failed(defaultValue, ErrorCode.PROVIDER_NOT_READY, "there are no values yet");
    }
    const { flags } = this.#values;
    const entry = Object.hasOwn(flags, key) ? flags[key] : undefined;
    if (!isRecord(entry)) {
      return failed(defaultValue, ErrorCode.FLAG_NOT_FOUND, `flag "${key}" not found`);
    }
    const resolved = resolutionOf(entry, defaultValue, type);
    if (resolved.errorCode !== undefined) return resolved;
    const heldBack = exposureOf(key, entry["heldBack"]);
    if (heldBack !== null) this.#outbox.offer(heldBack);
    const said = entry["exposure"];
    const exposure = exposureOf(key, said);
    if (exposure === null || this.#outbox.offer(exposure)) return resolved;
    if (isRecord(said) && said["isRequired"] !== true) return resolved;
    const words = "the exposure cannot be counted: too many wait";
    return failed(defaultValue, ErrorCode.GENERAL, words);
  }

  /** Connects and waits for values. @returns what went wrong, or null */
  async #firstValues(): Promise<Error | null> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const first = new Promise<Error | null>((resolve) => {
      const late = new Error("the server did not answer in time");
      const cancel = PAGE_IO.after(timeoutMs, () => resolve(late));
      this.#settle = (problem) => {
        cancel();
        resolve(problem);
      };
    });
    this.#connect();
    const problem = await first;
    this.#settle = null;
    return problem;
  }

  #connect(): void {
    const { client = "openfeature-web", version = VERSION, deadAfterMs } = this.#options;
    const stream: FlagStream = new FlagStream({
      ...this.#place,
      io: PAGE_IO,
      client,
      version,
      instance: this.#instance,
      context: this.#context,
      lastEventId: () => (this.#mustReload ? null : (this.#values?.id ?? null)),
      ...(deadAfterMs === undefined ? {} : { deadAfterMs }),
      onGreeting: (greeting) => this.#acknowledger.useStream(greeting.stream),
      onUpdate: (update) => this.#take(update),
      onDown: (reason, isFatal) => this.#down(reason, isFatal),
    });
    this.#stream = stream;
  }

  #take(update: FlagUpdate): boolean {
    const before = this.#values;
    const next = valuesAfter(this.#mustReload ? null : before, update);
    this.#mustReload = next === null;
    if (next === null) return false;
    this.#values = next;
    this.#acknowledger.acknowledge(update.revision);
    keep(this.#storage, storageName(this.#place), this.#context, next);
    if (this.#settle !== null) {
      this.#settle(null);
      return true;
    }
    if (this.#isStale || !this.#isReady) this.events.emit(ProviderEvents.Ready);
    this.#isStale = false;
    this.#isReady = true;
    const flagsChanged = changedKeys(before, next);
    if (flagsChanged.length > 0) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
    }
    return true;
  }

  #down(reason: string, isFatal: boolean): void {
    this.#options.onProblem?.(`${reason}${isFatal ? "" : "; it is tried again"}`);
    if (isFatal) {
      this.#settle?.(new Error(reason));
      if (this.#isReady) this.events.emit(ProviderEvents.Error, { message: reason });
    } else if (this.#isReady && !this.#isStale) {
      this.#isStale = true;
      this.#emitStale(reason);
    }
  }

  #emitStale(message: string): void {
    if (this.#isStale) this.events.emit(ProviderEvents.Stale, { message });
  }

  #hidden(): void {
    this.#outbox.flushAway();
    this.#cancelHidden ??= PAGE_IO.after(HIDDEN_AFTER_MS, () => {
      this.#stream?.close();
      this.#stream = null;
    });
  }

  #shown(): void {
    this.#cancelHidden?.();
    this.#cancelHidden = null;
    if (this.#stream === null && this.#isReady) this.#connect();
  }
}
