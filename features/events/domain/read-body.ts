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

/** A body that cannot be an intake body at all. */
export interface UnreadableBody {
  readonly kind: "unreadable";
  readonly reason: string;
}
