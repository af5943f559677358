import type { EventQuery, QueryKind, QueryOf } from "../../domain/index.ts";

export type { CatalogRow, RecentRow, RowsOf } from "../../domain/index.ts";

/** A statement as an engine takes it: text with `$1`-style parameters. */
export interface CompiledQuery {
  readonly text: string;
  readonly parameters: readonly QueryParameter[];
}

export type QueryParameter = string | number | boolean | null | readonly string[];

/** How one kind of query is said in one engine's language. */
export type Compiler<K extends QueryKind, Source> = (
  query: QueryOf<K>,
  source: Source,
) => CompiledQuery;

/**
 * What an engine's language must be able to say. A dialect is the only place with query text; a
 * new engine is a new dialect, a new query a new member of `compilers`, so that a dialect without
 * it does not compile.
 */
export interface Dialect<Source> {
  readonly name: "duckdb" | "clickhouse";
  readonly compilers: { readonly [K in QueryKind]: Compiler<K, Source> };
  /** The same statement with its parameters written out, for people to read and run. */
  display(query: CompiledQuery): string;
}

/** Compiles a typed query for one engine. @throws Error if the dialect cannot say it */
export function compile<Source>(
  dialect: Dialect<Source>,
  query: EventQuery,
  source: Source,
): CompiledQuery {
  const { compilers } = dialect;
  switch (query.kind) {
    case "experiment":
      return compilers.experiment(query, source);
    case "series":
      return compilers.series(query, source);
    case "funnel":
      return compilers.funnel(query, source);
    case "retention":
      return compilers.retention(query, source);
    case "top":
      return compilers.top(query, source);
    case "catalog":
      return compilers.catalog(query, source);
    case "recent":
      return compilers.recent(query, source);
    case "sources":
      return compilers.sources(query, source);
    case "badEvents":
      return compilers.badEvents(query, source);
    case "badGroup":
      return compilers.badGroup(query, source);
    case "find":
      return compilers.find(query, source);
    case "contexts":
      return compilers.contexts(query, source);
  }
}

/** Which events a query can see, for leaving files unopened. Unix milliseconds. */
export interface Reach {
  /** Received in `[receivedFrom, receivedTo]`. */
  readonly receivedFrom: number;
  readonly receivedTo: number;
  /** Happened at or after this. */
  readonly occurredFrom: number;
}

export const EVERYTHING: Reach = {
  receivedFrom: 0,
  receivedTo: Number.MAX_SAFE_INTEGER,
  occurredFrom: 0,
};

/** What a query reaches; a client's clock may be ahead in a replay, so `at` says nothing of receipt. */
export function reachOf(query: EventQuery): Reach {
  switch (query.kind) {
    case "experiment":
      return { ...EVERYTHING, receivedTo: query.asOf, occurredFrom: query.from };
    case "series":
      return { ...EVERYTHING, occurredFrom: splitFrom(query) };
    case "funnel":
      return { ...EVERYTHING, occurredFrom: splitFrom(query) };
    case "top":
      return { ...EVERYTHING, occurredFrom: query.from };
    case "catalog":
    case "sources":
    case "contexts":
      return { ...EVERYTHING, receivedFrom: query.from, receivedTo: query.to };
    // What resolves a bad event comes later than it.
    case "badGroup":
    case "badEvents":
      return { ...EVERYTHING, receivedFrom: query.from };
    case "recent":
      return query.after === undefined
        ? EVERYTHING
        : { ...EVERYTHING, receivedTo: query.after.receivedAt };
    case "find":
      return query.after === undefined
        ? EVERYTHING
        : { ...EVERYTHING, receivedFrom: query.after.receivedAt };
    // First-time cohorts look at all of the past.
    case "retention":
      return EVERYTHING;
  }
}

function splitFrom(query: QueryOf<"series" | "funnel">): number {
  return query.split?.by === "variant" ? Math.min(query.from, query.split.from) : query.from;
}
