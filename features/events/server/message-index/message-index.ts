import type { FlatEvent } from "../../domain/index.ts";
import type { LogDisk } from "../log/log-files.ts";
import { DigestTable } from "./digest-table.ts";
import { DIGEST_WORDS } from "./digests.ts";
import type { MessageDigests } from "./digests.ts";
import type { Forgotten } from "./forgotten.ts";
import { removeAll } from "./journal.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { STRETCH_DAYS } from "./run-plan.ts";
import type { RunSet } from "./run-set.ts";

export interface MessageIndexOptions {
  readonly folder: string;
  readonly disk: LogDisk;
  /** The wall clock, Unix milliseconds. Simulated clocks do not move the index. */
  readonly now: () => number;
  /** Digests in memory before they become a run, some 50 bytes each. */
  readonly idsInMemory: number;
  /** Memory for the filters of the runs. */
  readonly filterBytes: number;
}

/** What an index consists of when it is opened. */
export interface MessageIndexParts {
  readonly digests: MessageDigests;
  readonly forgotten: Forgotten;
  readonly journal: Journal;
  /** What the journal holds. */
  readonly entries: readonly JournalEntry[];
  readonly runs: RunSet;
}

/** What the index says about one event. */
export const NEW = 0;
/** Its id is in memory: durable, or under way in another call. */
export const HELD = 1;
/** Only a look-up on the disk can tell. */
export const PERHAPS = 2;
/** Its id is on the disk. */
export const STORED = 3;

/** Ids that one call has taken. Nobody else gets them as new until the claim is released. */
export interface Claim {
  /** Four words for each event. */
  readonly digests: Int32Array;
  /** `NEW`, `HELD`, `PERHAPS` or `STORED` for each event. */
  readonly states: Uint8Array;
  /** How many states are not `NEW`. */
  known: number;
  /** How many states are `PERHAPS`. */
  perhaps: number;
  /** Those who wait for its end. */
  readonly waiters: (() => void)[];
}

/** Digests of a memory that is full, on their way into a run. */
interface Leaving {
  readonly table: DigestTable;
  readonly entries: readonly JournalEntry[];
  readonly journals: readonly string[];
}

const DAY_MS = 86_400_000;
/** With more memories waiting to become runs, nothing is recorded any more. */
const MOST_LEAVING = 4;
const MOST_JOURNALS = 16;
const RETRY_MS = 1_000;

/**
 * Recognises message ids for 30 days (and up to 6 more), exactly, in bounded memory. Newer digests
 * are in a table in memory and in a journal on the disk, older ones in sorted runs on the disk, each
 * with a filter in memory that nearly always knows a new id for new.
 *
 * The log is durable before the journal, and the journal before a log file may be removed, so a
 * killed process forgets nothing: what is in neither journal nor run is in a log file.
 */
export class MessageIndex {
  readonly #options: MessageIndexOptions;
  readonly #digests: MessageDigests;
  readonly #forgotten: Forgotten;
  readonly #journal: Journal;
  readonly #runs: RunSet;
  #table: DigestTable;
  /** Recorded digests of the table, to become a run. */
  #entries: JournalEntry[];
  #recorded = 0;
  #leaving: readonly Leaving[] = [];
  /** Durable digests of log files that are not recorded yet, by path. */
  readonly #logs = new Map<string, Int32Array[]>();
  readonly #claims = new Set<Claim>();
  #work: Promise<void> = Promise.resolve();
  #working = false;
  #retry: NodeJS.Timeout | undefined;
  #failure: string | null = null;
  #closed = false;

  constructor(options: MessageIndexOptions, parts: MessageIndexParts) {
    this.#options = options;
    this.#digests = parts.digests;
    this.#forgotten = parts.forgotten;
    this.#journal = parts.journal;
    this.#runs = parts.runs;
    this.#table = new DigestTable(options.idsInMemory);
    this.#entries = [...parts.entries];
    for (const { digests } of parts.entries) {
      this.#table.addAll(digests);
      this.#recorded += digests.length / DIGEST_WORDS;
    }
  }

  /** Ids of durable events that are known; some are counted twice after a crash. */
  get remembered(): number {
    const leaving = this.#leaving.flatMap(({ entries }) => entries);
    const words = [...leaving.map(({ digests }) => digests), ...[...this.#logs.values()].flat()]
      .map((digests) => digests.length)
      .reduce((sum, length) => sum + length, 0);
    return this.#recorded + words / DIGEST_WORDS + this.#runs.digests;
  }

  /** Runs on the disk, and the memory that their filters take. */
  get runs(): { readonly files: number; readonly memoryBytes: number } {
    return { files: this.#runs.runs.length, memoryBytes: this.#runs.memoryBytes };
  }

  get failure(): string | null {
    return this.#failure;
  }

  /** Takes the ids of some events. Of two events with one id, the first gets it. */
  claim(events: readonly FlatEvent[]): Claim {
    const digests = this.#digests.of(events);
    this.#table.prepare(digests);
    this.#runs.prepare(digests);
    const states = new Uint8Array(events.length);
    let known = 0;
    let perhaps = 0;
    for (let place = 0; place < states.length; place += 1) {
      const at = place * DIGEST_WORDS;
      const state = this.#take(digests, at);
      if (state === NEW) continue;
      states[place] = state;
      known += 1;
      if (state === PERHAPS) perhaps += 1;
    }
    const claim = { digests, states, known, perhaps, waiters: [] };
    this.#claims.add(claim);
    return claim;
  }

  #take(digests: Int32Array, at: number): typeof NEW | typeof HELD | typeof PERHAPS {
    if (this.#leaving.length > 0 && this.#isLeaving(digests, at)) return HELD;
    if (!this.#table.add(digests, at)) return HELD;
    return this.#runs.mayHold(digests, at) ? PERHAPS : NEW;
  }

  #isLeaving(digests: Int32Array, at: number): boolean {
    return this.#leaving.some(({ table }) => table.has(digests, at));
  }

  /** Settles what only the disk can tell. @throws Error if it cannot be read */
  async resolve(claim: Claim): Promise<void> {
    const places: number[] = [];
    for (const [place, state] of claim.states.entries()) if (state === PERHAPS) places.push(place);
    const stored = await this.#runs.holds(claim.digests, places);
    for (const [index, place] of places.entries()) {
      const isStored = stored[index] === true;
      claim.states[place] = isStored ? STORED : NEW;
      if (!isStored) claim.known -= 1;
      // Kept in memory, the next copy costs no look-up; but copies alone must not fill it.
      else if (this.#table.size > this.#options.idsInMemory) this.#drop(claim.digests, place);
    }
    claim.perhaps = 0;
  }

  /** For each claim made before this one and still under way: resolves at its end. */
  earlierThan(claim: Claim): readonly Promise<void>[] {
    const earlier = [...this.#claims];
    return earlier
      .slice(0, earlier.indexOf(claim))
      .map(({ waiters }) => new Promise((resolve) => waiters.push(resolve)));
  }

  /** Ends a claim whose events are durable. */
  settle(claim: Claim): void {
    this.#claims.delete(claim);
    for (const resolve of claim.waiters) resolve();
  }

  /** Ends a claim whose events were not written: their ids are new again. */
  release(claim: Claim): void {
    this.#claims.delete(claim);
    for (const [place, state] of claim.states.entries()) {
      if (state === NEW || state === PERHAPS) this.#drop(claim.digests, place);
    }
    for (const resolve of claim.waiters) resolve();
  }

  #drop(digests: Int32Array, place: number): void {
    this.#table.remove(digests, place * DIGEST_WORDS);
    for (const { table } of this.#leaving) table.remove(digests, place * DIGEST_WORDS);
  }

  /** Whether the id of a digest belongs to an event that is durable or under way. */
  async holds(digests: Int32Array, place: number): Promise<boolean> {
    const at = place * DIGEST_WORDS;
    if (this.#table.has(digests, at) || this.#isLeaving(digests, at)) return true;
    const [stored] = await this.#runs.holds(digests, [place]);
    return stored === true;
  }

  /** Notes which digests have become durable in a log file. */
  noteDurable(logPath: string, digests: Int32Array): void {
    const log = this.#logs.get(logPath);
    if (log === undefined) this.#logs.set(logPath, [digests]);
    else log.push(digests);
  }

  /** Takes over the events of a log file that the last process left. */
  takeOver(logPath: string, events: readonly FlatEvent[]): void {
    const digests = this.#digests.of(events);
    this.#table.addAll(digests);
    this.noteDurable(logPath, digests);
  }

  /**
   * Makes the ids of a sealed log file durable here, so that the file may be removed.
   *
   * @throws Error while that is impossible; the same call may be made again
   */
  async record(logPath: string): Promise<void> {
    const log = this.#logs.get(logPath);
    if (log === undefined) return;
    while (this.#leaving.length >= MOST_LEAVING) {
      this.#maintain();
      await this.#work;
      if (this.#failure !== null) throw new Error(this.#failure);
      if (this.#closed) throw new Error("the message index is closed");
    }
    const entry = { day: this.#today(), digests: concatDigests(log) };
    await this.#journal.append(entry);
    this.#logs.delete(logPath);
    this.#entries.push(entry);
    this.#recorded += entry.digests.length / DIGEST_WORDS;
    const [oldest] = this.#entries;
    const isOld = oldest !== undefined && oldest.day + STRETCH_DAYS <= entry.day;
    if (
      this.#recorded >= this.#options.idsInMemory ||
      isOld ||
      this.#journal.files > MOST_JOURNALS
    ) {
      await this.#turnOver();
    }
  }

  /** Events of the environment that arrive again from now on are new. */
  async forget(workspace: string, environment: string): Promise<void> {
    await this.#forgotten.add(this.#digests.nameOf(workspace, environment));
    this.#digests.reset();
  }

  /** Resolves when no run is being written. */
  settled(): Promise<void> {
    return this.#work;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#work;
    await this.#journal.close();
    await this.#runs.close();
  }

  /** Begins a new memory. What is not recorded yet is in it too, so the old one may go any time. */
  async #turnOver(): Promise<void> {
    const journals = await this.#journal.rotate();
    const entries = this.#entries;
    this.#leaving = [...this.#leaving, { table: this.#table, entries, journals }];
    this.#table = new DigestTable(this.#options.idsInMemory);
    this.#entries = [];
    this.#recorded = 0;
    for (const log of this.#logs.values()) for (const part of log) this.#table.addAll(part);
    for (const { digests, states } of this.#claims) {
      for (const [place, state] of states.entries()) {
        if (state === NEW || state === PERHAPS) this.#table.add(digests, place * DIGEST_WORDS);
      }
    }
    this.#maintain();
  }

  #maintain(): void {
    if (this.#working || this.#closed) return;
    this.#working = true;
    clearTimeout(this.#retry);
    this.#work = this.#upkeep();
  }

  /** Never rejects: a failure is shown and tried again. */
  async #upkeep(): Promise<void> {
    try {
      await this.#runs.expire(this.#today());
      while (!this.#closed && (await this.#step()));
      this.#failure = null;
    } catch (cause) {
      this.#failure = cause instanceof Error ? cause.message : String(cause);
      this.#retry = setTimeout(() => this.#maintain(), RETRY_MS);
      this.#retry.unref();
    }
    this.#working = false;
  }

  /** Full memories go first, so that few wait. @returns whether there was something to do */
  async #step(): Promise<boolean> {
    const next = this.#leaving.at(0);
    if (next === undefined) return this.#runs.merge(this.#today());
    await this.#runs.add(runOf(next.entries));
    this.#leaving = this.#leaving.slice(1);
    await removeAll(next.journals);
    return true;
  }

  #today(): number {
    return Math.floor(this.#options.now() / DAY_MS);
  }
}

function runOf(entries: readonly JournalEntry[]): {
  readonly digests: Int32Array<ArrayBuffer>;
  readonly firstDay: number;
  readonly lastDay: number;
} {
  const days = entries.map((entry) => entry.day);
  return {
    digests: concatDigests(entries.map((entry) => entry.digests)),
    firstDay: Math.min(...days),
    lastDay: Math.max(...days),
  };
}

/** Digests one after the other. */
export function concatDigests(parts: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
