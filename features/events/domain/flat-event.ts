/**
 * The kinds of event that the store keeps: Segment's calls, the exposure to a flag variant, OpenTelemetry's
 * three signals, and three of our own making: `bad`, an event that could not be accepted, `resolved`, which says that a
 * bad event was replayed or dismissed, and `context`, a sampled context for which flags were evaluated.
 */
export const EVENT_TYPES = [
  "track",
  "identify",
  "page",
  "screen",
  "group",
  "alias",
  "exposure",
  "log",
  "span",
  "metric",
  "bad",
  "resolved",
  "context",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Types that nobody sent: queries of people's events leave them out unless they ask for them. */
export const UNSENT_TYPES = ["bad", "resolved", "context"] as const satisfies readonly EventType[];

/**
 * One event as it is logged, stored and queried: one flat record, whatever dialect it came in.
 * Instants are Unix milliseconds.
 */
export interface FlatEvent {
  readonly workspace: string;
  readonly environment: string;
  /** The write key's source; `messageId` is unique within it. */
  readonly source: string;
  readonly messageId: string;
  readonly type: EventType;
  /** Track: the event name. Page and screen: their name. Exposure: the flag key. Otherwise "". */
  readonly event: string;
  /** What is randomised and counted: the user id, else the anonymous id, else the group id. */
  readonly unit: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** When it happened, by the client's clock corrected with the send delay, never after receipt. */
  readonly at: number;
  /** The client's own `timestamp` and `sentAt`, as sent; null where absent. */
  readonly timestamp: number | null;
  readonly sentAt: number | null;
  readonly receivedAt: number;
  /** Only exposures have the next four. */
  readonly experimentId: string | null;
  readonly flagKey: string | null;
  readonly revision: string | null;
  readonly variant: string | null;
  /** JSON text of an object: properties (track, page, screen, exposure) or traits (identify, group). */
  readonly properties: string;
  /** JSON text of an object: Segment's `context`. */
  readonly context: string;
}
