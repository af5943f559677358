import type { Clock } from "@paceline/command";
import type { Db } from "@paceline/db";
import {
  emptyRoot,
  equalBytes,
  formatVerifierKey,
  growLog,
  leafHash,
  openCheckpoint,
  signCheckpoint,
  treeReader,
} from "@paceline/transparency-log";
import type { Checkpoint, SignerKey } from "@paceline/transparency-log";
import { sql } from "kysely";

import { readStoredLog, removeFolders, storeDurably } from "./log-store.ts";

/** Entries between two checkpoints at most. */
const BATCH = 4096;

/** Name of the file that tells a reader of the folder which key should have signed it. */
export const PUBLIC_KEY_FILE = "public-key";

/** The stored log, the key and the database contradict each other: nothing more may be signed. */
export class LogDamaged extends Error {
  readonly workspaceId: string;
  constructor(workspaceId: string, what: string) {
    super(`the audit log of workspace ${workspaceId} is not continued: ${what}`);
    this.name = "LogDamaged";
    this.workspaceId = workspaceId;
  }
}

/** A log on the disk and what continues it. */
export interface StoredLog {
  readonly workspaceId: string;
  readonly folder: string;
  readonly signer: SignerKey;
}

/** What the latest checkpoint covers after publishing. */
export interface Published {
  readonly treeSize: number;
  readonly isNew: boolean;
  /** True if it covers every entry that has an index; otherwise publish again. */
  readonly isComplete: boolean;
}

/**
 * Stores the next entries of a log, and then the checkpoint that covers them. Whatever is on the disk
 * decides where to continue, so a crash at any point is repaired by calling it again. Call it holding
 * the log.
 *
 * @throws LogDamaged if continuing would sign something that contradicts an earlier checkpoint
 */
export async function publishLog(tx: Db, log: StoredLog, clock: Clock): Promise<Published> {
  const size = await readSize(tx, log.workspaceId);
  const checkpoint = await readCheckpoint(log);
  if (checkpoint.treeSize > size)
    throw new LogDamaged(
      log.workspaceId,
      `its checkpoint covers ${checkpoint.treeSize} entries, the database knows ${size}`,
    );
  const next = checkpoint.treeSize === size ? checkpoint : await extend(tx, log, checkpoint);
  await recordCheckpoint(tx, log, next, clock);
  const { treeSize } = next;
  return { treeSize, isNew: next !== checkpoint, isComplete: treeSize === size };
}

/** The last checkpoint on the disk; that of the empty log if there is none yet. */
async function readCheckpoint(log: StoredLog): Promise<Checkpoint> {
  const origin = log.signer.verifier.name;
  const note = await readStoredLog(log.folder)("checkpoint");
  if (note === null) return { origin, treeSize: 0, root: emptyRoot(), extensions: [] };
  const checkpoint = openCheckpoint(note, [log.signer.verifier]);
  if (!checkpoint.ok) throw new LogDamaged(log.workspaceId, checkpoint.error);
  if (checkpoint.value.origin !== origin)
    throw new LogDamaged(log.workspaceId, `its checkpoint is of ${checkpoint.value.origin}`);
  return checkpoint.value;
}

async function extend(tx: Db, log: StoredLog, from: Checkpoint): Promise<Checkpoint> {
  const read = readStoredLog(log.folder);
  const entries = await readLeaves(tx, log.workspaceId, from.treeSize);
  const grown = await growLog(treeReader(read, from.treeSize), from.root, entries);
  if (!grown.ok) throw new LogDamaged(log.workspaceId, grown.error);
  const { treeSize, root, resources, filled } = grown.value;
  const next: Checkpoint = { ...from, treeSize, root };
  await agreeWithRecord(tx, log, next);
  const publicKey = Buffer.from(`${formatVerifierKey(log.signer.verifier)}\n`);
  const first = from.treeSize === 0 ? [{ path: PUBLIC_KEY_FILE, bytes: publicKey }] : [];
  await storeDurably(log.folder, [...first, ...resources]);
  await storeDurably(log.folder, [
    { path: "checkpoint", bytes: signCheckpoint(next, [log.signer]) },
  ]);
  await removeFolders(log.folder, filled);
  return next;
}

/** The leaves from an index on, which must be there without a gap and with their own hashes. */
async function readLeaves(tx: Db, workspaceId: string, from: number): Promise<Uint8Array[]> {
  const rows = await tx
    .selectFrom("audit_entries as entry")
    .select(["entry.leaf_index", "entry.leaf", "entry.leaf_hash"])
    .where("entry.workspace_id", "=", workspaceId)
    .where("entry.leaf_index", ">=", from)
    .orderBy("entry.leaf_index")
    .limit(BATCH)
    .execute();
  const broken = rows.findIndex(
    (row, at) => row.leaf_index !== from + at || !equalBytes(leafHash(row.leaf), row.leaf_hash),
  );
  if (rows.length === 0 || broken >= 0)
    throw new LogDamaged(workspaceId, `entry ${from + Math.max(broken, 0)} is missing or changed`);
  return rows.map((row) => row.leaf);
}

async function readSize(tx: Db, workspaceId: string): Promise<number> {
  const row = await tx
    .selectFrom("audit_logs as log")
    .select("log.size")
    .where("log.workspace_id", "=", workspaceId)
    .executeTakeFirst();
  return row?.size ?? 0;
}

/** A folder that is behind (an old copy) may catch up, but only along what was signed before. */
async function agreeWithRecord(tx: Db, log: StoredLog, next: Checkpoint): Promise<void> {
  const recorded = await tx
    .selectFrom("audit_checkpoints as checkpoint")
    .select("checkpoint.note")
    .where("checkpoint.workspace_id", "=", log.workspaceId)
    .where("checkpoint.tree_size", "=", next.treeSize)
    .executeTakeFirst();
  if (recorded === undefined) return;
  const before = openCheckpoint(recorded.note, [log.signer.verifier]);
  if (!before.ok || !equalBytes(before.value.root, next.root))
    throw new LogDamaged(log.workspaceId, `another root of ${next.treeSize} entries was signed`);
}

async function recordCheckpoint(
  tx: Db,
  log: StoredLog,
  checkpoint: Checkpoint,
  clock: Clock,
): Promise<void> {
  if (checkpoint.treeSize === 0) return;
  const note = Buffer.from(signCheckpoint(checkpoint, [log.signer]));
  await sql`
    with checkpoint as (
      insert into audit_checkpoints (workspace_id, tree_size, note, published_at)
      values (${log.workspaceId}, ${checkpoint.treeSize}, ${note}, ${clock.now()})
      on conflict do nothing
    )
    update audit_logs as logs set published_size = ${checkpoint.treeSize}
    where logs.workspace_id = ${log.workspaceId}`.execute(tx);
}
