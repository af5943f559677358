import type { EventQuery, ExportFormat, ExportQuery } from "../../domain/index.ts";
import type { SealedLog } from "../log/recovery.ts";
import type { Stretch } from "../log/segment-name.ts";
import type {
  EngineStats,
  EraseOutcome,
  EraseRequest,
  IdentifyRequest,
  QueryAnswer,
  RetainedMonth,
  RetainRequest,
  SourceMessages,
} from "./answers.ts";

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
  /** One step of upkeep, such as compaction. @returns whether there is more to do */
  maintain(): Promise<boolean>;
  /**
   * Removes the events of one environment. Must not run beside `maintain`.
   *
   * @returns how many events of the environment stay, because their files are damaged
   */
  forget(workspace: string, environment: string): Promise<number>;
  /**
   * Physically removes every event whose unit, user id or anonymous id is one of the identifiers, and
   * overwrites them where events of others mention them. A process that dies has done all of it or
   * nothing; afterwards the same call is made again. Resolves when no file holds the person any more,
   * so it waits for queries that still read the old files. Must not run beside `maintain`.
   */
  erase(request: EraseRequest): Promise<EraseOutcome>;
  /** The identifiers in clear, among those that are stored, that have one of the digests. */
  identify(request: IdentifyRequest): Promise<readonly string[]>;
  /** Removes whole months. Must not run beside `maintain`. @returns what went, or would go in a dry run */
  retain(request: RetainRequest): Promise<readonly RetainedMonth[]>;
  /**
   * The message ids of what was stored at or after an instant (of the wall clock, not of a simulated
   * one), and perhaps of older events, in parts of bounded size. Parts stay the same while nothing
   * else changes the store.
   *
   * @param part 0, 1, 2 and so on
   * @returns null behind the last part
   */
  messageIds(storedSince: number, part: number): Promise<readonly SourceMessages[] | null>;
  /** What is stored already, for numbering the next log file. */
  stretches(): Promise<readonly Stretch[]>;
  stats(): Promise<EngineStats>;
  close(): Promise<void>;
}
