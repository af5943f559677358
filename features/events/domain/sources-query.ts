import type { EventSelection, QueryScope } from "./query-scope.ts";

/** How many events each source sent, by time of receipt, and with which client. */
export interface SourcesQuery extends QueryScope {
  readonly kind: "sources";
  readonly events: EventSelection;
  /** Received in `[from, to)`, Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
}

/** One source in one bucket; the events of rows add up. */
export interface SourceRow {
  readonly source: string;
  /** Start of the bucket, Unix milliseconds. */
  readonly bucketAt: number;
  readonly events: number;
  readonly newestReceivedAt: number;
  /** `context.library` of the newest event of the bucket that names one. */
  readonly library: { readonly name: string; readonly version: string | null } | null;
}
