import type { Db } from "@paceline/db";
import { canonicalJsonBytes, sha256, toHex } from "@paceline/transparency-log";

import type { AuditStatement } from "./build-leaf.ts";

/** Whose personal values to erase, or those of which entry. */
export type ErasureTarget = { readonly personId: string } | { readonly entryId: string };

/** What was erased. */
export interface Erasure {
  readonly fields: number;
  readonly entries: number;
  /** What must be appended to the log in the same transaction. */
  readonly statement: AuditStatement;
}

/**
 * Erases personal values of a workspace for good. The log keeps their salted digests, which nobody can
 * turn back into values without the salts, so every proof stays valid. Values about a person are their
 * name wherever they acted, and what was recorded about them as the subject.
 *
 * @param tx the open transaction of the erasure, in which its `statement` is appended, too
 */
export async function eraseAuditPersonal(
  tx: Db,
  workspaceId: string,
  target: ErasureTarget,
): Promise<Erasure> {
  const about = tx
    .deleteFrom("audit_personal as personal")
    .where("personal.workspace_id", "=", workspaceId);
  const erased = await (
    "personId" in target
      ? about.where("personal.person_id", "=", target.personId)
      : about.where("personal.entry_id", "=", target.entryId)
  )
    .returning(["personal.entry_id", "personal.name"])
    .execute();
  const names = erased.map((row) => `${row.entry_id} ${row.name}`).toSorted(byText);
  const counts = {
    fields: erased.length,
    entries: new Set(erased.map((row) => row.entry_id)).size,
  };
  const statement = {
    action: "personal.erase",
    subject:
      "personId" in target
        ? { kind: "person", id: target.personId }
        : { kind: "audit-entry", id: target.entryId },
    detail: { ...counts, sha256: toHex(sha256(canonicalJsonBytes(names))) },
  };
  return { ...counts, statement };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
