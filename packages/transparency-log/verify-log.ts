import { openCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { problem, scanLog } from "./log-scan.ts";
import type { LogProblem, LogRow } from "./log-scan.ts";
import type { VerifierKey } from "./note.ts";
import { accept, refuse } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { ReadResource } from "./tree-reader.ts";

/** What verifying one log says; what cannot be read is unusable, which is neither intact nor tampered. */
export type LogVerdict =
  | {
      readonly verdict: "intact";
      readonly checkpoint: Checkpoint;
      /** Rows that were compared, and rows after the end of the checkpoint, which it cannot speak for. */
      readonly rowsCompared: number;
      readonly rowsBeyond: number;
    }
  | {
      readonly verdict: "tampered";
      /** The smallest index that any problem names; null if none does. */
      readonly firstBroken: number | null;
      /** Sorted by index, the whole log first; at most {@link MAX_PROBLEMS}. */
      readonly problems: readonly LogProblem[];
    }
  | { readonly verdict: "unusable"; readonly reason: string };

/** Problems reported beyond the first ones would only repeat them. */
export const MAX_PROBLEMS = 50;

export interface VerifyLogInput {
  readonly read: ReadResource;
  /** Keys of which one must have signed the checkpoint. */
  readonly keys: readonly VerifierKey[];
  /** The origin that the checkpoint must name, if it is known. */
  readonly origin?: string;
  /** The same entries from another store, in the order of their index. */
  readonly rows?: AsyncIterable<LogRow> | Iterable<LogRow>;
  /** Older signed checkpoints that were kept elsewhere: without one, a rollback cannot be noticed. */
  readonly anchors?: readonly Uint8Array[];
}

/**
 * Checks a whole log: the signature of its checkpoint, every entry against its hash, every tile
 * against the hashes below it, the root against the checkpoint, and, where given, rows of another
 * store and older checkpoints. Reads each resource once, and keeps 32 bytes for 256 entries.
 */
export async function verifyLog(input: VerifyLogInput): Promise<LogVerdict> {
  try {
    return await verifyReadable(input);
  } catch (error) {
    // The reader threw: nothing was shown to be altered, but nothing was shown to be intact either.
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

async function verifyReadable(input: VerifyLogInput): Promise<LogVerdict> {
  if (input.keys.length === 0) return unusable("no public key was given");
  const note = await input.read("checkpoint");
  if (note === null) return unusable("there is no checkpoint");
  const checkpoint = openCheckpoint(note, input.keys);
  if (!checkpoint.ok) return tampered([problem("checkpoint", null, checkpoint.error)]);
  const { origin } = checkpoint.value;
  if (input.origin !== undefined && origin !== input.origin)
    return tampered([problem("checkpoint", null, `its origin is ${origin}, not ${input.origin}`)]);
  const anchors = openAnchors(input, checkpoint.value);
  if (!anchors.ok) return tampered([anchors.error]);
  const scan = await scanLog({
    read: input.read,
    checkpoint: checkpoint.value,
    anchors: anchors.value,
    rows: input.rows ?? null,
  });
  if (scan.problems.length > 0) return tampered(scan.problems);
  return { verdict: "intact", checkpoint: checkpoint.value, ...scan.rows };
}

function openAnchors(
  input: VerifyLogInput,
  checkpoint: Checkpoint,
): Outcome<Checkpoint[], LogProblem> {
  const anchors: Checkpoint[] = [];
  for (const note of input.anchors ?? []) {
    const anchor = openCheckpoint(note, input.keys);
    if (!anchor.ok) return refuse(problem("anchor", null, anchor.error));
    const { origin, treeSize } = anchor.value;
    if (origin !== checkpoint.origin)
      return refuse(problem("anchor", null, `it belongs to another log, ${origin}`));
    if (treeSize > checkpoint.treeSize)
      return refuse(
        problem("anchor", checkpoint.treeSize, `the log was rolled back from ${treeSize} entries`),
      );
    anchors.push(anchor.value);
  }
  return accept(anchors);
}

function tampered(problems: readonly LogProblem[]): LogVerdict {
  const sorted = problems.toSorted((a, b) => (a.index ?? -1) - (b.index ?? -1));
  const firstBroken = sorted.find(({ index }) => index !== null)?.index ?? null;
  return { verdict: "tampered", firstBroken, problems: sorted.slice(0, MAX_PROBLEMS) };
}

function unusable(reason: string): LogVerdict {
  return { verdict: "unusable", reason };
}
