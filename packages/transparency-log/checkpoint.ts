import { fromBase64, HASH_LENGTH, isTreeSize, toBase64 } from "./hash.ts";
import { openNote, signNote } from "./note.ts";
import type { SignerKey, VerifierKey } from "./note.ts";
import { accept, refuse } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

/** What a log commits to when it signs: who it is, how many leaves it has, and their root. */
export interface Checkpoint {
  /** Unique name of the log, such as `paceline.example/audit/<workspace>`. */
  readonly origin: string;
  readonly treeSize: number;
  readonly root: Uint8Array;
  /** Further lines of the text; not auditable, so we write none. */
  readonly extensions: readonly string[];
}

/**
 * The text that is signed, its final newline included.
 *
 * @throws TypeError for an origin or extension that is empty or spans lines, or a root of another length
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, treeSize, root, extensions } = checkpoint;
  if (![origin, ...extensions].every((line) => line.length > 0 && !line.includes("\n")))
    throw new TypeError("a line of a checkpoint is neither empty nor broken");
  if (!isTreeSize(treeSize) || root.length !== HASH_LENGTH)
    throw new TypeError("a checkpoint needs a tree size and a root of 32 bytes");
  return [origin, String(treeSize), toBase64(root), ...extensions, ""].join("\n");
}

/** Reads the text of a checkpoint, or says why it is not one. Says nothing about its signature. */
export function parseCheckpoint(text: string): Outcome<Checkpoint> {
  if (!text.endsWith("\n")) return refuse("the checkpoint does not end in a newline");
  const [origin = "", size = "", encodedRoot = "", ...extensions] = text.slice(0, -1).split("\n");
  if (origin === "") return refuse("the checkpoint has no origin");
  const treeSize = /^(0|[1-9]\d*)$/.test(size) ? Number(size) : Number.NaN;
  if (!isTreeSize(treeSize)) return refuse("the checkpoint has no readable tree size");
  const root = fromBase64(encodedRoot);
  if (root === null || root.length !== HASH_LENGTH)
    return refuse("the checkpoint has no readable root");
  if (extensions.includes("")) return refuse("the checkpoint has an empty line");
  return accept({ origin, treeSize, root, extensions });
}

/** A signed checkpoint, ready to be stored and served. */
export function signCheckpoint(checkpoint: Checkpoint, keys: readonly SignerKey[]): Uint8Array {
  return signNote(formatCheckpoint(checkpoint), keys);
}

/** Opens a signed checkpoint: refused unless it is well-formed and signed by one of `keys`. */
export function openCheckpoint(
  note: Uint8Array,
  keys: readonly VerifierKey[],
): Outcome<Checkpoint> {
  const opened = openNote(note, keys);
  return opened.ok ? parseCheckpoint(opened.value.text) : opened;
}
