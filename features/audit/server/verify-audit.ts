import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { EXIT_CODES, verifyAuditEntry, verifyAuditLog } from "@paceline/audit-verifier";
import type { EntryVerdict } from "@paceline/audit-verifier";
import type { Db } from "@paceline/db";
import { isUuid } from "@paceline/identifiers";
import { parseVerifierKey } from "@paceline/transparency-log";
import type { LogVerdict, VerifierKey } from "@paceline/transparency-log";

import { readIfPresent, readStoredLog } from "./log-store.ts";
import { PUBLIC_KEY_FILE } from "./publish-log.ts";
import { readRow, readRows } from "./rows.ts";
import { KEY_FILE, logOrigin, readSigningKey } from "./signing-key.ts";

/** Where the logs are and what they are compared with. */
export interface VerifyAuditOptions {
  /** `<data directory>/audit`. */
  readonly auditFolder: string;
  /** Compares the rows and the recorded checkpoints of the database, too. */
  readonly db?: Db;
  /** Only this workspace; otherwise every log found in the folder or the database. */
  readonly workspaceId?: string;
  /** C2SP verifier key that must have signed; otherwise that of this installation, else the folder's. */
  readonly publicKey?: string;
  /** Signed checkpoints that were kept elsewhere; only with one workspace. */
  readonly anchors?: readonly Uint8Array[];
}

/** What verifying all logs of an installation says. */
export interface AuditVerdict {
  /** 0 every log is intact, 1 one is tampered, 2 none is but one is unusable or there is none. */
  readonly exitCode: 0 | 1 | 2;
  readonly logs: readonly { readonly workspaceId: string; readonly verdict: LogVerdict }[];
}

/** Verifies the logs of an installation, offline or with its database. */
export async function verifyAudit(options: VerifyAuditOptions): Promise<AuditVerdict> {
  const workspaces =
    options.workspaceId === undefined ? await findLogs(options) : [options.workspaceId];
  const logs = [];
  for (const workspaceId of workspaces)
    logs.push({ workspaceId, verdict: await verifyWorkspace(options, workspaceId) });
  const verdicts = logs.map(({ verdict }) => verdict.verdict);
  const worst = verdicts.includes("tampered")
    ? "tampered"
    : verdicts.length === 0 || verdicts.includes("unusable")
      ? "unusable"
      : "intact";
  return { exitCode: EXIT_CODES[worst], logs };
}

async function verifyWorkspace(
  options: VerifyAuditOptions,
  workspaceId: string,
): Promise<LogVerdict> {
  const key = await findKey(options, workspaceId);
  if (typeof key === "string") return { verdict: "unusable", reason: key };
  const { auditFolder, db, anchors = [] } = options;
  const log = { read: readStoredLog(join(auditFolder, workspaceId)), keys: [key] };
  if (db === undefined) return verifyAuditLog({ ...log, anchors });
  const recorded = await readLatestCheckpoint(db, workspaceId);
  return verifyAuditLog({
    ...log,
    rows: readRows(db, workspaceId, 0, true),
    anchors: recorded === null ? anchors : [recorded, ...anchors],
  });
}

/** Which entry of which workspace to prove. */
export interface ProveEntryOptions extends Omit<VerifyAuditOptions, "anchors"> {
  readonly workspaceId: string;
  /** Its index, or its id (which needs the database). */
  readonly entry: number | string;
}

/** Proves one entry by its index or id, and, with the database, that its row is this entry. */
export async function proveEntry(
  options: ProveEntryOptions,
): Promise<{ readonly exitCode: 0 | 1 | 2; readonly verdict: EntryVerdict }> {
  const verdict = await proveIn(options);
  return { exitCode: EXIT_CODES[verdict.verdict], verdict };
}

async function proveIn(options: ProveEntryOptions): Promise<EntryVerdict> {
  const { auditFolder, db, workspaceId, entry } = options;
  const key = await findKey(options, workspaceId);
  if (typeof key === "string") return { verdict: "unusable", reason: key };
  const index = typeof entry === "number" ? entry : await findIndex(db, workspaceId, entry);
  if (typeof index === "string") return { verdict: "unusable", reason: index };
  const read = readStoredLog(join(auditFolder, workspaceId));
  const row = db === undefined ? undefined : await readRow(db, workspaceId, index);
  if (row === null) {
    const proven = await verifyAuditEntry({ read, keys: [key], index });
    return proven.verdict === "intact"
      ? { verdict: "tampered", index, what: "the row is missing" }
      : proven;
  }
  const proven = { read, keys: [key], index };
  return verifyAuditEntry(row === undefined ? proven : { ...proven, row });
}

/** The newest checkpoint that the database remembers; it covers every older one. */
async function readLatestCheckpoint(db: Db, workspaceId: string): Promise<Uint8Array | null> {
  const row = await db
    .selectFrom("audit_checkpoints as checkpoint")
    .select("checkpoint.note")
    .where("checkpoint.workspace_id", "=", workspaceId)
    .orderBy("checkpoint.tree_size", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.note ?? null;
}

/** The index of an entry, or why it has none. */
async function findIndex(
  db: Db | undefined,
  workspaceId: string,
  id: string,
): Promise<number | string> {
  if (db === undefined) return "an entry is found by its id in the database only: give its index";
  const row = isUuid(id)
    ? await db
        .selectFrom("audit_entries as entry")
        .select("entry.leaf_index")
        .where("entry.workspace_id", "=", workspaceId)
        .where("entry.id", "=", id)
        .executeTakeFirst()
    : undefined;
  return row?.leaf_index ?? `there is no entry ${id} in the log yet`;
}

/** The key that a log must be signed with, or why none is known. */
async function findKey(
  options: Pick<VerifyAuditOptions, "auditFolder" | "publicKey">,
  workspaceId: string,
): Promise<VerifierKey | string> {
  if (options.publicKey === undefined) {
    const signers = await readSigningKey(join(options.auditFolder, KEY_FILE));
    if (signers !== null) return signers(workspaceId).verifier;
  }
  const path = join(options.auditFolder, workspaceId, PUBLIC_KEY_FILE);
  const stored = options.publicKey ?? (await readIfPresent(path));
  if (stored === null) return "there is neither a log nor a public key";
  const key = parseVerifierKey(Buffer.from(stored).toString("utf8"));
  if (!key.ok) return key.error;
  return key.value.name === logOrigin(workspaceId)
    ? key.value
    : `the public key is of ${key.value.name}, not of ${logOrigin(workspaceId)}`;
}

async function findLogs(options: VerifyAuditOptions): Promise<string[]> {
  const entries = await readdir(options.auditFolder, { withFileTypes: true }).catch(() => []);
  const stored = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const known = await (options.db
    ?.selectFrom("audit_logs as log")
    .select("log.workspace_id")
    .where("log.size", ">", 0)
    .execute() ?? []);
  const ids = [...stored, ...known.map((row) => row.workspace_id)].filter(isUuid);
  return [...new Set(ids)].toSorted((a, b) => (a < b ? -1 : 1));
}
