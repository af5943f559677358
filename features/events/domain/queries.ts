import type {
  BadEventsPartial,
  BadEventsQuery,
  BadGroupQuery,
  BadGroupRow,
} from "./bad-events-query.ts";
import type {
  CatalogQuery,
  CatalogRow,
  FindQuery,
  FindRow,
  RecentQuery,
  RecentRow,
} from "./event-stream-query.ts";
import type { ExperimentPartial, ExperimentQuery } from "./experiment-query.ts";
import type { FunnelPartial, FunnelQuery } from "./funnel-query.ts";
import type { ContextRow, ContextsQuery } from "./recorded-context.ts";
import type { RetentionPartial, RetentionQuery } from "./retention-query.ts";
import type { SeriesPartial, SeriesQuery } from "./series-query.ts";
import type { SourceRow, SourcesQuery } from "./sources-query.ts";
import type { TopPartial, TopQuery } from "./top-query.ts";

/** Everything that can be asked of the store; one file for each kind, with how its rows add up. */
export type EventQuery =
  | ExperimentQuery
  | SeriesQuery
  | FunnelQuery
  | RetentionQuery
  | TopQuery
  | CatalogQuery
  | RecentQuery
  | SourcesQuery
  | BadEventsQuery
  | BadGroupQuery
  | FindQuery
  | ContextsQuery;

export type QueryKind = EventQuery["kind"];

/** The query of one kind. */
export type QueryOf<K extends QueryKind> = Extract<EventQuery, { readonly kind: K }>;

/** The rows that each kind of query returns: additive partials, or events. */
export interface RowsOf {
  readonly experiment: ExperimentPartial;
  readonly series: SeriesPartial;
  readonly funnel: FunnelPartial;
  readonly retention: RetentionPartial;
  readonly top: TopPartial;
  readonly catalog: CatalogRow;
  readonly recent: RecentRow;
  readonly sources: SourceRow;
  readonly badEvents: BadEventsPartial;
  readonly badGroup: BadGroupRow;
  readonly find: FindRow;
  readonly contexts: ContextRow;
}
