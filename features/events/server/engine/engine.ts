import type { EventQuery, ExportFormat, ExportQuery } from "../../domain/index.ts";
import type { SealedLog } from "../log/recovery.ts";
import type { Stretch } from "../log/segment-name.ts";
import type { EngineStats, MessageKey, QueryAnswer } from "./duckdb-engine.ts";

/**
 * What keeps the events behind the log and answers queries about them: Parquet segments with DuckDB
 * on one machine, ClickHouse for a company. Every call may be repeated.
 */
export interface Engine {
  /** Answers a typed query with additive, unrounded partials. */
  query<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>>;
  /**
   * Writes the events of an export into a new file, in the order of their receipt; memory stays
   * bounded whatever their number.
   *
   * @returns how many events it holds
   */
  exportTo(query: ExportQuery, format: ExportFormat, path: string): Promise<number>;
  /**
   * Stores the events of one sealed log file, once by its stretch, and removes the file when they
   * are durable.
   *
   * @throws Error while that is impossible; the file stays and the same call is made again
   */
  load(log: SealedLog): Promise<void>;
  /** One step of upkeep, such as merging small segments. @returns whether there is more to do */
  maintain(): Promise<boolean>;
  /**
   * Removes what holds nothing but the events of one environment. Must not run beside `maintain`.
   *
   * @returns how many events of the environment stay
   */
  forget(workspace: string, environment: string): Promise<number>;
  /** The newest message ids, `limit` at most. */
  recentMessageIds(limit: number): Promise<readonly MessageKey[]>;
  /** What is stored already, for numbering the next log file. */
  stretches(): Promise<readonly Stretch[]>;
  stats(): Promise<EngineStats>;
  close(): Promise<void>;
}
