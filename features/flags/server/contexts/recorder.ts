import type { EvaluationContext } from "@paceline/flag-eval";

import { keptText, rankOf, rankPosition, rankText } from "../../domain/index.ts";
import type { ContextStore, ContextToRecord } from "./context-store.ts";
import type { ContextSettings } from "./settings.ts";

/** Different units that the sample of an environment holds for one day. */
export const UNITS_PER_DAY = 2_000;
const DAY_MS = 86_400_000;
const RANKS = 2 ** 32;
/** More than this between two flushes is left out: a flood must not fill the memory. */
const MAX_WAITING = 1_000;
/** Contexts that name nobody are told apart by their whole text, which costs more than a look at a key. */
const NAMELESS_PER_FLUSH = 200;
const FLUSH_MS = 1_000;

export interface RecorderOptions {
  readonly store: ContextStore;
  readonly settings: ContextSettings;
  readonly onError: (error: unknown) => void;
  /** Between two flushes; 0 for none but those that are asked for. */
  readonly flushMs?: number;
}

/** Takes a sample of the contexts for which flags are evaluated. */
export interface ContextRecorder {
  /**
   * Offers the context of an evaluation: a hash and a look into a set. Whatever is kept is written
   * later, and nothing waits for it.
   */
  offer(workspaceId: string, environment: string, context: EvaluationContext, at: Date): void;
  /** Writes what waits. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What is recorded of one environment today. A unit is recorded once a day if its rank lies below
 * `share`; where more than `UNITS_PER_DAY` do, the share is halved. So all units below the share that
 * a day ends with were recorded, which makes them a fair sample.
 */
interface Sampling {
  readonly workspaceId: string;
  readonly environment: string;
  day: number;
  share: number;
  readonly ranks: Set<number>;
  /** False until it is known what was recorded today before this process began. */
  known: boolean;
}

interface Waiting {
  readonly sampling: Sampling;
  readonly identity: string;
  readonly unit: string;
  readonly high: number;
  readonly share: number;
  readonly at: number;
  readonly context: EvaluationContext;
}

class SamplingRecorder implements ContextRecorder {
  readonly #options: RecorderOptions;
  readonly #samplings = new Map<string, Sampling>();
  readonly #timer: NodeJS.Timeout | null;
  readonly #restoring = new Set<Promise<void>>();
  #waiting: Waiting[] = [];
  #nameless = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { flushMs = FLUSH_MS } = options;
    this.#timer =
      flushMs === 0 ? null : setInterval(() => void this.flush().catch(options.onError), flushMs);
    this.#timer?.unref();
  }

  offer(workspaceId: string, environment: string, context: EvaluationContext, at: Date): void {
    const sampling = this.#samplings.get(`${workspaceId}/${environment}`);
    if (sampling === undefined) {
      this.#begin(workspaceId, environment, at.getTime());
      return;
    }
    if (!sampling.known) return;
    const { targetingKey } = context;
    const isNamed = typeof targetingKey === "string" && targetingKey !== "";
    if (!isNamed && (this.#nameless += 1) > NAMELESS_PER_FLUSH) return;
    const identity = isNamed ? targetingKey : JSON.stringify(context);
    const high = rankOf(identity);
    const atMs = at.getTime();
    const day = Math.floor(atMs / DAY_MS);
    if (day !== sampling.day) turnDay(sampling, day);
    if (high >= sampling.share * RANKS || sampling.ranks.has(high)) return;
    if (this.#waiting.length >= MAX_WAITING) return;
    if (!this.#options.settings.of(workspaceId, environment).enabled) return;
    add(sampling, high);
    const unit = isNamed ? targetingKey : "";
    const { share } = sampling;
    this.#waiting.push({ sampling, identity, unit, high, share, at: atMs, context });
  }

  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(
      () => this.#write(),
      () => this.#write(),
    );
    return this.#flushing;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.flush().catch(this.#options.onError);
    await this.#flushing.catch(() => undefined);
  }

  /** What comes while the day so far is read is left out; that is the first moments of a process. */
  #begin(workspaceId: string, environment: string, atMs: number): void {
    const day = Math.floor(atMs / DAY_MS);
    const known = false;
    const sampling: Sampling = { workspaceId, environment, day, share: 1, ranks: new Set(), known };
    const key = `${workspaceId}/${environment}`;
    this.#samplings.set(key, sampling);
    const restoring = this.#restore(sampling)
      .catch((error: unknown) => {
        // Tried again with the next context.
        this.#samplings.delete(key);
        this.#options.onError(error);
      })
      .finally(() => this.#restoring.delete(restoring));
    this.#restoring.add(restoring);
  }

  async #restore(sampling: Sampling): Promise<void> {
    const { workspaceId, environment, day } = sampling;
    const limit = UNITS_PER_DAY * 10;
    const read = (from: number, to: number) =>
      this.#options.store.read(workspaceId, environment, { from, to, limit });
    const today = await read(day * DAY_MS, (day + 1) * DAY_MS);
    const basis = today.length > 0 ? today : await read((day - 1) * DAY_MS, day * DAY_MS);
    for (const { rank } of basis) sampling.ranks.add(highOf(rank));
    sampling.share = basis[0]?.lowestShare ?? 1;
    trim(sampling);
    if (today.length === 0) turnDay(sampling, day);
    sampling.known = true;
  }

  async #write(): Promise<void> {
    // Whoever asks for a flush wants to see a sample that has begun.
    await Promise.all(this.#restoring);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#nameless = 0;
    for (const [sampling, group] of Map.groupBy(waiting, (one) => one.sampling)) {
      const { workspaceId, environment } = sampling;
      const { neverRecorded, enabled } = this.#options.settings.of(workspaceId, environment);
      const contexts = enabled ? group.flatMap((one) => toRecord(one, neverRecorded)) : [];
      if (contexts.length === 0) continue;
      try {
        await this.#options.store.record(workspaceId, environment, contexts);
      } catch (error) {
        // Each may come again and is taken then.
        for (const { high } of group) sampling.ranks.delete(high);
        this.#options.onError(error);
      }
    }
  }
}

function highOf(rank: string): number {
  return Math.round(rankPosition(rank) * RANKS);
}

function add(sampling: Sampling, high: number): void {
  sampling.ranks.add(high);
  if (sampling.ranks.size > UNITS_PER_DAY) {
    sampling.share /= 2;
    trim(sampling);
  }
}

/** Forgets the ranks beyond the share. */
function trim({ ranks, share }: Sampling): void {
  for (const rank of ranks) if (rank >= share * RANKS) ranks.delete(rank);
}

/** A day begins with the share of the one before; where that found few units, with twice of it. */
function turnDay(sampling: Sampling, day: number): void {
  if (sampling.ranks.size < UNITS_PER_DAY / 2) sampling.share = Math.min(1, sampling.share * 2);
  sampling.ranks.clear();
  sampling.day = day;
}

function toRecord(
  { identity, unit, high, share, at, context }: Waiting,
  neverRecorded: ReadonlySet<string>,
): readonly ContextToRecord[] {
  const text = keptText(context, neverRecorded);
  if (text === null) return [];
  return [{ unit, rank: rankText(high, identity), share, at, context: text }];
}

/** Starts a recorder; what it writes first waits for what the store already has of the day. */
export function createContextRecorder(options: RecorderOptions): ContextRecorder {
  return new SamplingRecorder(options);
}
