import type {
  CatalogQuery,
  EventQuery,
  ExperimentPartial,
  ExperimentQuery,
  RecentQuery,
} from "../../domain/index.ts";

/** A statement as an engine takes it: text with `$1`-style parameters. */
export interface CompiledQuery {
  readonly text: string;
  readonly parameters: readonly QueryParameter[];
}

export type QueryParameter = string | number | boolean | null | readonly string[];

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

/** The rows that each kind of query returns. */
export interface RowsOf {
  readonly experiment: ExperimentPartial;
  readonly catalog: CatalogRow;
  readonly recent: RecentRow;
}

/**
 * What an engine's language must be able to say. A dialect is the only place with query text; a
 * new engine is a new dialect, a new query a new member here.
 */
export interface Dialect<Source> {
  readonly name: "duckdb" | "clickhouse";
  experiment(query: ExperimentQuery, source: Source): CompiledQuery;
  catalog(query: CatalogQuery, source: Source): CompiledQuery;
  recent(query: RecentQuery, source: Source): CompiledQuery;
  /** The same statement with its parameters written out, for people to read and run. */
  display(query: CompiledQuery): string;
}

/** Compiles a typed query for one engine. */
export function compile<Source>(
  dialect: Dialect<Source>,
  query: EventQuery,
  source: Source,
): CompiledQuery {
  switch (query.kind) {
    case "experiment":
      return dialect.experiment(query, source);
    case "catalog":
      return dialect.catalog(query, source);
    case "recent":
      return dialect.recent(query, source);
  }
}
