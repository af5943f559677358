import type { FlatEvent } from "./flat-event.ts";
import type { MessageFault } from "./message.ts";

/** The languages that the intake understands. */
export const DIALECTS = ["segment", "posthog", "otlp"] as const;
export type Dialect = (typeof DIALECTS)[number];

/**
 * What was read from one body, in whatever dialect: the good events with their place in it, and the
 * faults. One bad event never costs its batch.
 */
export interface ReadBody {
  readonly dialect: Dialect;
  /** The kind of call that the path implies, such as `track`; null where each message names its own. */
  readonly call: string | null;
  readonly events: readonly FlatEvent[];
  /** `positions[i]` is the place in the body of `events[i]`. */
  readonly positions: readonly number[];
  /** The events as sent, by their place. */
  readonly messages: readonly unknown[];
  readonly faults: readonly PlacedFault[];
  /** What all messages inherit of the body. */
  readonly sentAt: number | null;
  readonly context: unknown;
}

/** Why one event of a body cannot be taken. */
export interface PlacedFault extends MessageFault {
  readonly index: number;
}

/** A body that cannot be an intake body at all, or that would become far more than was sent. */
export interface UnreadableBody {
  readonly kind: "unreadable" | "too-large";
  readonly reason: string;
}

/** More are no events: 4 MB leave each 80 bytes. As bad events they would take a hundred times that. */
const MAX_EVENTS = 50_000;

/**
 * What the events of one body may inherit of it together, in characters of JSON. Every event is kept
 * whole, so a body of 4 MB whose events share a context of 200 kB would become gigabytes.
 */
const MAX_INHERITED_LENGTH = 32 * 1024 * 1024;

/** Why so many events, which inherit so much together, are too many for one body; null if not. */
export function sizeFault(events: number, inherited: number): UnreadableBody | null {
  if (events > MAX_EVENTS) {
    return { kind: "too-large", reason: `a body may have ${MAX_EVENTS} events` };
  }
  if (inherited <= MAX_INHERITED_LENGTH) return null;
  const reason = `the events would take ${inherited} characters of what they share, the limit is ${MAX_INHERITED_LENGTH}`;
  return { kind: "too-large", reason };
}
