import {
  leafHash,
  openCheckpoint,
  proveInclusion,
  readEntry,
  treeReader,
  verifyInclusion,
  verifyLog,
} from "@paceline/transparency-log";
import type { Checkpoint, LogVerdict, ReadResource, VerifierKey } from "@paceline/transparency-log";

import { decodeLeaf } from "./leaf.ts";
import type { AuditLeaf } from "./leaf.ts";
import { toLogRow } from "./row.ts";
import type { AuditRow } from "./row.ts";

/** Exit code of a verdict: 0 intact, 1 tampered, 2 unusable. */
export const EXIT_CODES = { intact: 0, tampered: 1, unusable: 2 } as const;

export interface VerifyAuditInput {
  /** Reads a file of the log by its C2SP path (`checkpoint`, `tile/0/000`, …); null if it is absent. */
  readonly read: ReadResource;
  /** Keys of which one must have signed the checkpoint. */
  readonly keys: readonly VerifierKey[];
  /** Rows of the database, in the order of their index. */
  readonly rows?: AsyncIterable<AuditRow> | Iterable<AuditRow>;
  /** Signed checkpoints that were kept elsewhere. */
  readonly anchors?: readonly Uint8Array[];
}

/**
 * Checks a whole audit log: signature, entries, tiles and root; and, where given, that each row of the
 * database is the entry of its index, repeats it truly and keeps the personal values it was made with.
 */
export function verifyAuditLog(input: VerifyAuditInput): Promise<LogVerdict> {
  const { rows, ...log } = input;
  return verifyLog(rows === undefined ? log : { ...log, rows: logRows(rows) });
}

async function* logRows(rows: AsyncIterable<AuditRow> | Iterable<AuditRow>) {
  for await (const row of rows) yield toLogRow(row);
}

/** An entry with its inclusion proof under a signed checkpoint. */
export interface ProvenEntry {
  readonly verdict: "intact";
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** The signed note that the proof leads to. */
  readonly note: Uint8Array;
  readonly entry: Uint8Array;
  readonly leaf: AuditLeaf;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

export type EntryVerdict =
  | ProvenEntry
  | { readonly verdict: "tampered"; readonly index: number; readonly what: string }
  | { readonly verdict: "unusable"; readonly reason: string };

/** Proves one entry of a log from its tiles and checks the proof; with a row, that it is this entry. */
export async function verifyAuditEntry(
  input: Omit<VerifyAuditInput, "rows" | "anchors"> & {
    readonly index: number;
    readonly row?: AuditRow;
  },
): Promise<EntryVerdict> {
  try {
    return await proveReadable(input);
  } catch (error) {
    return { verdict: "unusable", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function proveReadable(
  input: Omit<VerifyAuditInput, "rows" | "anchors"> & {
    readonly index: number;
    readonly row?: AuditRow;
  },
): Promise<EntryVerdict> {
  const { read, keys, index, row } = input;
  const tampered = (what: string): EntryVerdict => ({ verdict: "tampered", index, what });
  const note = await read("checkpoint");
  if (note === null) return { verdict: "unusable", reason: "there is no checkpoint" };
  const opened = openCheckpoint(note, keys);
  if (!opened.ok) return tampered(opened.error);
  const checkpoint = opened.value;
  const { treeSize, root } = checkpoint;
  if (!Number.isSafeInteger(index) || index < 0 || index >= treeSize)
    return { verdict: "unusable", reason: `the log has no entry ${index}, it has ${treeSize}` };
  const tree = treeReader(read, treeSize);
  const entry = await readEntry(tree, index);
  if (!entry.ok) return tampered(entry.error);
  const proof = await proveInclusion(tree, index);
  if (!proof.ok) return tampered(proof.error);
  const hash = leafHash(entry.value);
  if (!verifyInclusion({ index, treeSize, leafHash: hash, root, proof: proof.value }))
    return tampered("the entry is not the one that the checkpoint signs");
  const leaf = decodeLeaf(entry.value);
  if (!leaf.ok) return tampered(leaf.error);
  const problem = row === undefined ? null : rowContradiction(row, hash);
  if (problem !== null) return tampered(problem);
  const proven = { index, checkpoint, note, entry: entry.value, leaf: leaf.value, leafHash: hash };
  return { verdict: "intact", ...proven, proof: proof.value };
}

function rowContradiction(row: AuditRow, hash: Uint8Array): string | null {
  const { leaf, problem } = toLogRow(row);
  if (!Buffer.from(leafHash(leaf)).equals(hash))
    return "the row is not the entry that the checkpoint signs";
  if (!Buffer.from(row.leafHash).equals(hash)) return "the hash stored in the row is another one";
  return problem ?? null;
}
