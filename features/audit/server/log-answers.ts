import type { EntryVerdict } from "@paceline/audit-verifier";
import { notFound } from "@paceline/http";
import {
  formatVerifierKey,
  openCheckpoint,
  proveConsistency,
  readRoot,
  toBase64,
  treeReader,
} from "@paceline/transparency-log";
import type { Checkpoint, LogVerdict, ReadResource, VerifierKey } from "@paceline/transparency-log";

import type { AuditCheckpoint, AuditConsistency, AuditProof, AuditVerification } from "../api.ts";
import { logDamaged, noSuchTree } from "./problems.ts";

/** The stored log of a workspace, for reading. */
export interface LogToRead {
  readonly read: ReadResource;
  readonly key: VerifierKey;
}

/**
 * The latest checkpoint.
 *
 * @throws Problem 404 before the first entry, 409 if the stored one does not verify
 */
export async function answerCheckpoint(log: LogToRead): Promise<AuditCheckpoint> {
  const { checkpoint, note } = await readCheckpoint(log);
  return presentCheckpoint(checkpoint, note, log.key);
}

/** How many entries the latest checkpoint covers. @throws Problem 409 if it does not verify */
export async function coveredSize(log: LogToRead): Promise<number> {
  const note = await log.read("checkpoint");
  if (note === null) return 0;
  const checkpoint = openCheckpoint(note, [log.key]);
  if (!checkpoint.ok) throw logDamaged(checkpoint.error);
  return checkpoint.value.treeSize;
}

/**
 * The proof that one tree of the log grew into another.
 *
 * @param to  null for the latest checkpoint
 * @throws Problem 404 before the first entry, 409 if the log is damaged, 422 for sizes it never had
 */
export async function answerConsistency(
  log: LogToRead,
  from: number,
  to: number | null,
): Promise<AuditConsistency> {
  const { checkpoint } = await readCheckpoint(log);
  const newSize = to ?? checkpoint.treeSize;
  if (from > newSize || newSize > checkpoint.treeSize)
    throw noSuchTree(from, newSize, checkpoint.treeSize);
  const tree = treeReader(log.read, newSize);
  const [oldRoot, newRoot] = [await readRoot(tree, from), await readRoot(tree, newSize)];
  const proof = await proveConsistency(tree, from);
  if (!oldRoot.ok) throw logDamaged(oldRoot.error);
  if (!newRoot.ok) throw logDamaged(newRoot.error);
  if (!proof.ok) throw logDamaged(proof.error);
  return {
    oldSize: from,
    newSize,
    oldRoot: toBase64(oldRoot.value),
    newRoot: toBase64(newRoot.value),
    hashes: proof.value.map(toBase64),
  };
}

/** An inclusion proof as it travels. @throws Problem 409 unless the entry was proved */
export function answerProof(verdict: EntryVerdict, key: VerifierKey): AuditProof {
  if (verdict.verdict !== "intact")
    throw logDamaged(verdict.verdict === "tampered" ? verdict.what : verdict.reason);
  return {
    index: verdict.index,
    leaf: toBase64(verdict.entry),
    leafHash: toBase64(verdict.leafHash),
    hashes: verdict.proof.map(toBase64),
    checkpoint: presentCheckpoint(verdict.checkpoint, verdict.note, key),
  };
}

/** The verdict on a whole log as it travels. */
export function answerVerification(verdict: LogVerdict, checkedAt: Date): AuditVerification {
  const isIntact = verdict.verdict === "intact";
  const isTampered = verdict.verdict === "tampered";
  return {
    verdict: verdict.verdict,
    checkedAt: checkedAt.toISOString(),
    treeSize: isIntact ? verdict.checkpoint.treeSize : null,
    root: isIntact ? toBase64(verdict.checkpoint.root) : null,
    rowsCompared: isIntact ? verdict.rowsCompared : 0,
    rowsBeyond: isIntact ? verdict.rowsBeyond : 0,
    firstBroken: isTampered ? verdict.firstBroken : null,
    problems: isTampered ? [...verdict.problems] : [],
    reason: verdict.verdict === "unusable" ? verdict.reason : null,
  };
}

async function readCheckpoint(
  log: LogToRead,
): Promise<{ readonly checkpoint: Checkpoint; readonly note: Uint8Array }> {
  const note = await log.read("checkpoint");
  if (note === null) throw notFound("checkpoint");
  const checkpoint = openCheckpoint(note, [log.key]);
  if (!checkpoint.ok) throw logDamaged(checkpoint.error);
  return { checkpoint: checkpoint.value, note };
}

function presentCheckpoint(
  checkpoint: Checkpoint,
  note: Uint8Array,
  key: VerifierKey,
): AuditCheckpoint {
  return {
    origin: checkpoint.origin,
    treeSize: checkpoint.treeSize,
    root: toBase64(checkpoint.root),
    note: Buffer.from(note).toString("utf8"),
    publicKey: formatVerifierKey(key),
  };
}
