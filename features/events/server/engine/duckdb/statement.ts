import type { QueryParameter } from "../plan.ts";

/** Parquet files of the store. */
export type ParquetFiles = readonly string[];

/** The events of the people in some of the 16 person buckets. */
export interface BucketedFiles {
  /** Files of these people alone. */
  readonly own: ParquetFiles;
  /** Files of everybody. */
  readonly shared: ParquetFiles;
  readonly buckets: readonly number[];
}

/** Where a query reads its events. */
export type EventFiles = ParquetFiles | BucketedFiles;

/** Collects the parameters of a statement. */
export class Parameters {
  readonly list: QueryParameter[] = [];
  /** @returns the placeholder */
  bind(value: QueryParameter): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
  instant(value: number): string {
    return `${this.bind(value)}::BIGINT`;
  }
}

/** In DuckDB a quote is doubled and nothing else has a meaning inside a text. */
export function literal(value: QueryParameter): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `[${value.map(literal).join(", ")}]`;
}
