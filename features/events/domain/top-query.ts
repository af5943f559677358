import type { EventSelection, QueryScope } from "./query-scope.ts";
import { compareText, total } from "./query-scope.ts";

/** The most frequent event names, or values of a top-level property, by when events happened. */
export interface TopQuery extends QueryScope {
  readonly kind: "top";
  /** Values that are no text are compared as JSON; events without the property are left out. */
  readonly of: { readonly by: "event" } | { readonly by: "property"; readonly property: string };
  readonly events: EventSelection;
  readonly measure: "events" | "units";
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/**
 * One of the `limit` most frequent values. Sums over disjoint sets of units; when several engines
 * answer, a value that one of them did not send may be counted too low.
 */
export interface TopPartial {
  readonly value: string;
  readonly count: number;
}

/** Adds partials up; most frequent first, ties by value. */
export function mergeTop(query: TopQuery, partials: readonly TopPartial[]): readonly TopPartial[] {
  return [...Map.groupBy(partials, (partial) => partial.value)]
    .map(([value, parts]) => ({ value, count: total(parts.map((part) => part.count)) }))
    .toSorted((a, b) => b.count - a.count || compareText(a.value, b.value))
    .slice(0, query.limit);
}
