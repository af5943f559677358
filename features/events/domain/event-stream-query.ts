import type { FlatEvent } from "./flat-event.ts";
import type { QueryScope } from "./query-scope.ts";

/** How many events of each name arrived, by time. */
export interface CatalogQuery extends QueryScope {
  readonly kind: "catalog";
  /** Received in `[from, to)`, Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
}

/** One count of the event catalog. */
export interface CatalogRow {
  readonly type: string;
  readonly event: string;
  /** Start of the bucket, Unix milliseconds. */
  readonly bucketAt: number;
  readonly events: number;
  readonly units: number;
  readonly newestReceivedAt: number;
}

/** The newest events, newest first; quarantined ones and recorded contexts only if the type is asked for. */
export interface RecentQuery extends QueryScope {
  readonly kind: "recent";
  readonly limit: number;
  readonly type?: string;
  readonly event?: string;
  readonly unit?: string;
  /** Only events that come after this one in the list, for the next page. */
  readonly after?: Pick<FlatEvent, "receivedAt" | "at" | "messageId">;
}

/** One event of the stream. */
export interface RecentRow {
  readonly source: string;
  readonly messageId: string;
  readonly type: string;
  readonly event: string;
  readonly unit: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly flagKey: string | null;
  readonly variant: string | null;
  readonly properties: string;
  readonly context: string;
}

/**
 * Everything kept of some people, of whatever type: events whose unit, user id or anonymous id is
 * one of the identifiers, oldest first.
 */
export interface FindQuery extends QueryScope {
  readonly kind: "find";
  readonly identifiers: readonly string[];
  readonly limit: number;
  /** Only events after this one in the list, for the next page. */
  readonly after?: Pick<FlatEvent, "receivedAt" | "source" | "messageId">;
}

/** A whole event; the type is as stored. */
export type FindRow = Omit<FlatEvent, "type"> & { readonly type: string };
