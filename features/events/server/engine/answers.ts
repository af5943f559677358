import type { EventQuery } from "../../domain/index.ts";
import type { SegmentScope } from "../log/scopes.ts";
import type { RowsOf } from "./plan.ts";

/** The rows of a query, and what was run to get them. */
export interface QueryAnswer<K extends EventQuery["kind"]> {
  readonly rows: readonly RowsOf[K][];
  /** The statement with its values written out; it runs as it stands in the engine's own shell. */
  readonly sql: string;
  /** Newest receipt in the environment, whatever the query asked; null while there is none. */
  readonly newestReceivedAt: number | null;
  /** What the rows lack because it cannot be read; null if nothing is missing. */
  readonly incomplete: Incomplete | null;
}

/** Events that exist but cannot be read, so an answer is a lower bound of the truth. */
export interface Incomplete {
  /** Names of the unreadable files that may hold events of the answer. */
  readonly files: readonly string[];
  /** How many events of the environment they hold; null where even that cannot be read. */
  readonly events: number | null;
}

/** A file that was set aside because it cannot be read. It is never deleted by the product. */
export interface DamagedFile {
  readonly name: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly foundAt: number;
  readonly bytes: number;
  /** What it holds, by environment; null if its footer is unreadable, too. */
  readonly scopes: readonly SegmentScope[] | null;
}

export interface EngineStats {
  /** Files (or parts) that hold events. */
  readonly segments: number;
  readonly bytes: number;
  readonly scopes: readonly SegmentScope[];
  readonly damaged: readonly DamagedFile[];
  /** The erasure under way; null while there is none. */
  readonly erasing: ErasureProgress | null;
}

export interface ErasureProgress {
  readonly id: string;
  readonly filesDone: number;
  /** How many files hold the person; null while that is looked for. */
  readonly files: number | null;
}

/** Message ids of one source in one environment. */
export interface SourceMessages {
  readonly workspace: string;
  readonly environment: string;
  readonly source: string;
  readonly messageIds: readonly string[];
}

/** Whom to erase from one workspace, in all of its environments. */
export interface EraseRequest {
  /** Names the erasure: the same id again answers with what the first call did. */
  readonly id: string;
  readonly workspace: string;
  /** User ids and anonymous ids, as they were sent. */
  readonly identifiers: readonly string[];
  /** Key of the digests under which the outcome names identifiers. */
  readonly digestKey: Uint8Array;
}

/** Which identifiers of a workspace have one of these digests: what a restore erases again. */
export interface IdentifyRequest {
  readonly workspace: string;
  readonly digests: readonly string[];
  readonly digestKey: Uint8Array;
}

/** What an erasure did. It names nobody: identifiers are keyed digests. */
export interface EraseOutcome {
  /** The identifiers of the request, and the anonymous ids that only ever came with them. */
  readonly erased: readonly IdentifierDigest[];
  /** Anonymous ids that came with another user id, too: kept, and for a person to look at. */
  readonly shared: readonly IdentifierDigest[];
  readonly rowsRemoved: number;
  /** Among the removed: rows of the type `bad`. */
  readonly badRemoved: number;
  /** Rows of others in which an identifier was overwritten. */
  readonly rowsRedacted: number;
  readonly files: readonly ErasedFile[];
  /** Damaged files that may hold the person and cannot be rewritten. */
  readonly unexamined: readonly string[];
}

/** One file (or part) that held the person, before and after. */
export interface ErasedFile {
  readonly name: string;
  readonly rowsRemoved: number;
  readonly rowsRedacted: number;
  /** SHA-256 in hex. Null where the engine keeps no files of its own. */
  readonly sha256Before: string | null;
  /** Null if nothing was left of it, too. */
  readonly sha256After: string | null;
}

/** An identifier as records keep it. */
export interface IdentifierDigest {
  /** HMAC-SHA-256 in hex. */
  readonly digest: string;
  /** A short keyed hash that is cheap to compute: finds candidates, proves nothing. */
  readonly tag: number;
}

/** Whole months to remove. */
export interface RetainRequest {
  readonly workspace: string;
  /** All environments of the workspace if null. */
  readonly environment: string | null;
  /** First month that stays, as `2026-01`; the UTC month of `occurred_at` counts. */
  readonly before: string;
  /** Changes nothing, and says what would go. */
  readonly dryRun: boolean;
}

/** What goes, or went, by month and environment. */
export interface RetainedMonth {
  readonly environment: string;
  readonly month: string;
  readonly events: number;
}
