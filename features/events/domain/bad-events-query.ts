import type { QueryScope } from "./query-scope.ts";
import { compareText, total } from "./query-scope.ts";

/**
 * Quarantined events (`type: "bad"`) in groups of one fault, received in `[from, to)`. A bad event
 * is resolved when its source has an event of type `resolved` whose message id is its own behind
 * `resolved:`; resolved ones are left out unless asked for.
 */
export interface BadEventsQuery extends QueryScope {
  readonly kind: "badEvents";
  readonly from: number;
  readonly to: number;
  /** Name that the client gave. */
  readonly event?: string;
  readonly plan?: string;
  readonly resolved: "left-out" | "included";
  /** Most groups, those with most events first. */
  readonly limit: number;
}

/** What makes bad events the same fault. */
export interface BadEventGroup {
  readonly event: string;
  /** A `BadKind`. */
  readonly fault: string;
  /** `name/1-0-0`; null where no plan refused the event. */
  readonly plan: string | null;
  readonly path: string;
  readonly reason: string;
}

/** One group; sums, and the newest example wins. */
export interface BadEventsPartial extends BadEventGroup {
  readonly events: number;
  readonly firstReceivedAt: number;
  readonly lastReceivedAt: number;
  readonly example: {
    readonly source: string;
    readonly messageId: string;
    readonly receivedAt: number;
    /** JSON text with the event as it was sent. */
    readonly properties: string;
  };
}

/**
 * The bad events of one group that are not resolved, oldest first, to be replayed or dismissed; or
 * one bad event by its id. With neither, all of them.
 */
export interface BadGroupQuery extends QueryScope {
  readonly kind: "badGroup";
  readonly group?: BadEventGroup;
  readonly only?: { readonly source: string; readonly messageId: string };
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Only events after this one in the list, for the next page. */
  readonly after?: {
    readonly receivedAt: number;
    readonly source: string;
    readonly messageId: string;
  };
}

export interface BadGroupRow {
  readonly source: string;
  readonly messageId: string;
  readonly event: string;
  readonly unit: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly at: number;
  readonly receivedAt: number;
  /** What the event inherited of its batch. */
  readonly sentAt: number | null;
  readonly context: string;
  /** JSON text of what was quarantined. */
  readonly properties: string;
}

/** Adds partials up; most events first, then newest. */
export function mergeBadEvents(
  query: BadEventsQuery,
  partials: readonly BadEventsPartial[],
): readonly BadEventsPartial[] {
  const groups = Map.groupBy(partials, ({ event, fault, plan, path, reason }) =>
    JSON.stringify([event, fault, plan, path, reason]),
  );
  return [...groups.values()]
    .map((parts) => parts.reduce(add))
    .toSorted(
      (a, b) =>
        b.events - a.events ||
        b.lastReceivedAt - a.lastReceivedAt ||
        compareText(a.event + a.path, b.event + b.path),
    )
    .slice(0, query.limit);
}

function add(a: BadEventsPartial, b: BadEventsPartial): BadEventsPartial {
  return {
    ...a,
    events: total([a.events, b.events]),
    firstReceivedAt: Math.min(a.firstReceivedAt, b.firstReceivedAt),
    lastReceivedAt: Math.max(a.lastReceivedAt, b.lastReceivedAt),
    example: isNewer(b.example, a.example) ? b.example : a.example,
  };
}

function isNewer(a: BadEventsPartial["example"], b: BadEventsPartial["example"]): boolean {
  return (
    a.receivedAt > b.receivedAt ||
    (a.receivedAt === b.receivedAt && compareText(a.messageId, b.messageId) > 0)
  );
}
