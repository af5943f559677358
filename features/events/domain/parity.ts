import { MessageIndex } from "./message-index.ts";
import type { ParityEvent, ParityHour, ParityReport } from "./parity-report.ts";
import { differencesOf, SideSchema } from "./parity-schema.ts";
import { verdictOf } from "./parity-verdict.ts";

export const PARITY_HOUR_MS = 3_600_000;
/** Longest time that one report covers. */
export const MAX_PARITY_HOURS = 31 * 24;
/** Names beyond these are counted as one. */
const MAX_NAMES = 500;
const OTHER_NAMES = "(other names)";
const SAMPLES = 20;

/** A message as one of two systems has it. */
export interface ParityMessage {
  readonly messageId: string;
  /** What people call it: the name of a track event, else the call. */
  readonly event: string;
  /** Unix milliseconds, by the client's clock on both sides. */
  readonly at: number;
  /** Its properties or traits; null where the side does not tell them, or not with their types. */
  readonly fields: Readonly<Record<string, unknown>> | null;
}

/** The time that two systems are compared over: half-open, in Unix milliseconds. */
export interface ParityWindow {
  /** Start of an hour. */
  readonly from: number;
  readonly to: number;
}

interface Counts {
  readonly here: Uint32Array;
  readonly there: Uint32Array;
  readonly missingHere: Uint32Array;
  readonly samplesMissingHere: string[];
  readonly samplesMissingThere: string[];
  readonly schemaHere: SideSchema;
  readonly schemaThere: SideSchema;
}

/**
 * Compares the messages of two systems by their ids, in memory that does not grow with the size of
 * a message: 13 to 45 bytes for each message here, and counters by name and hour.
 *
 * Give it first all messages that are here (`addHere`, with an hour more on both ends than the
 * time), then those of the other vendor (`addThere`); then, for samples of what the vendor lacks,
 * those that are here once more (`sampleHere`). Within each the order makes no difference to the
 * counts.
 */
export class ParityTally {
  readonly #window: ParityWindow;
  readonly #hours: number;
  readonly #names = new Map<string, number>();
  readonly #counts: Counts[] = [];
  readonly #index = new MessageIndex();
  #seenThere = new MessageIndex();
  #matched = 0;
  #duplicates = 0;
  #outside = 0;
  #unreadable = 0;

  /** @throws RangeError if the time is empty or longer than a report covers */
  constructor(window: ParityWindow) {
    this.#hours = Math.ceil((window.to - window.from) / PARITY_HOUR_MS);
    if (!(this.#hours >= 1 && this.#hours <= MAX_PARITY_HOURS))
      throw new RangeError(`a report covers 1 to ${MAX_PARITY_HOURS} hours`);
    this.#window = window;
  }

  /** Messages held, for a limit. */
  get size(): number {
    return this.#index.size + this.#seenThere.size;
  }

  addHere(message: ParityMessage): void {
    const hour = this.#hourOf(message.at);
    const name = this.#nameOf(message.event);
    // Number 0 is outside the time: it can match, but counts for no hour.
    const number = hour === null ? 0 : 1 + name * this.#hours + hour;
    if (!this.#index.add(message.messageId, number) || hour === null) return;
    const counts = this.#countsOf(name);
    counts.here[hour] = (counts.here[hour] ?? 0) + 1;
    counts.schemaHere.add(message.fields, hour);
  }

  addThere(message: ParityMessage): void {
    if (!this.#seenThere.add(message.messageId, 0)) {
      this.#duplicates += 1;
      return;
    }
    const known = this.#index.mark(message.messageId);
    const hour = this.#hourOf(message.at);
    if (hour === null) {
      this.#outside += 1;
      return;
    }
    const counts = this.#countsOf(this.#nameOf(message.event));
    counts.there[hour] = (counts.there[hour] ?? 0) + 1;
    counts.schemaThere.add(message.fields, hour);
    if (known !== null) {
      this.#matched += 1;
      return;
    }
    counts.missingHere[hour] = (counts.missingHere[hour] ?? 0) + 1;
    if (counts.samplesMissingHere.length < SAMPLES)
      counts.samplesMissingHere.push(message.messageId);
  }

  /** A line of the file that names no message id or no instant. */
  addUnreadable(): void {
    this.#unreadable += 1;
  }

  /** Looks for samples of what the file lacks; to be called after the file has been added whole. */
  sampleHere(message: ParityMessage): void {
    if (this.#hourOf(message.at) === null || !this.#index.isUnmarked(message.messageId)) return;
    const { samplesMissingThere } = this.#countsOf(this.#nameOf(message.event));
    if (samplesMissingThere.length < SAMPLES) samplesMissingThere.push(message.messageId);
  }

  report(): ParityReport {
    const missingThere = this.#missingThere();
    const events = [...this.#names]
      .map(([event, name]) => this.#eventReport(event, this.#countsOf(name), missingThere[name]))
      .filter((event) => event.here + event.there > 0)
      .toSorted(worstFirst);
    const total = (of: (event: ParityEvent) => number): number =>
      events.reduce((sum, event) => sum + of(event), 0);
    const figures = {
      ...this.#window,
      here: total((event) => event.here),
      there: total((event) => event.there),
      matched: this.#matched,
      missingHere: total((event) => event.missingHere),
      missingThere: total((event) => event.missingThere),
      duplicatesThere: this.#duplicates,
      outsideThere: this.#outside,
      unreadableThere: this.#unreadable,
      events,
    };
    return { ...figures, verdict: verdictOf(figures) };
  }

  /** By name and hour, from the ids that the file did not have. */
  #missingThere(): readonly Uint32Array[] {
    const missing = this.#counts.map(() => new Uint32Array(this.#hours));
    for (const number of this.#index.unmarked()) {
      if (number === 0) continue;
      const hours = missing[Math.floor((number - 1) / this.#hours)];
      const hour = (number - 1) % this.#hours;
      if (hours !== undefined) hours[hour] = (hours[hour] ?? 0) + 1;
    }
    return missing;
  }

  #eventReport(event: string, counts: Counts, missing: Uint32Array | undefined): ParityEvent {
    const hours = Array.from({ length: this.#hours }, (_, hour) => ({
      at: this.#window.from + hour * PARITY_HOUR_MS,
      here: counts.here[hour] ?? 0,
      there: counts.there[hour] ?? 0,
      missingHere: counts.missingHere[hour] ?? 0,
      missingThere: missing?.[hour] ?? 0,
    })).filter((hour) => hour.here + hour.there > 0);
    const total = (of: (hour: ParityHour) => number): number =>
      hours.reduce((sum, hour) => sum + of(hour), 0);
    const there = total((hour) => hour.there);
    const missingHere = total((hour) => hour.missingHere);
    return {
      event,
      here: total((hour) => hour.here),
      there,
      matched: there - missingHere,
      missingHere,
      missingThere: total((hour) => hour.missingThere),
      samplesMissingHere: counts.samplesMissingHere.toSorted(),
      samplesMissingThere: counts.samplesMissingThere.toSorted(),
      hours,
      schema: differencesOf(counts.schemaHere, counts.schemaThere, this.#window.from),
    };
  }

  #hourOf(at: number): number | null {
    if (at < this.#window.from || at >= this.#window.to) return null;
    return Math.floor((at - this.#window.from) / PARITY_HOUR_MS);
  }

  #nameOf(event: string): number {
    const known = this.#names.get(event);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_NAMES && event !== OTHER_NAMES) return this.#nameOf(OTHER_NAMES);
    const name = this.#names.size;
    this.#names.set(event, name);
    return name;
  }

  #countsOf(name: number): Counts {
    const known = this.#counts[name];
    if (known !== undefined) return known;
    const made: Counts = {
      here: new Uint32Array(this.#hours),
      there: new Uint32Array(this.#hours),
      missingHere: new Uint32Array(this.#hours),
      samplesMissingHere: [],
      samplesMissingThere: [],
      schemaHere: new SideSchema(),
      schemaThere: new SideSchema(),
    };
    this.#counts[name] = made;
    return made;
  }
}

function worstFirst(a: ParityEvent, b: ParityEvent): number {
  return (
    b.missingHere - a.missingHere ||
    b.missingThere - a.missingThere ||
    b.there + b.here - (a.there + a.here) ||
    (a.event < b.event ? -1 : 1)
  );
}
