import type { Db } from "@paceline/db";
import { sql } from "kysely";
import { Value } from "typebox/value";

import { CodeReferencesBody } from "../../stale-api.ts";

const Examples = CodeReferencesBody.properties.references.items.properties.examples;

/** One scan of a branch. */
export interface CodeScan {
  readonly repository: string;
  readonly branch: string;
  readonly commit: string;
  readonly files: number;
  readonly scannedAt: Date;
}

/** What the newest scan of a branch found of one flag. */
export interface CodeReference {
  readonly repository: string;
  readonly branch: string;
  readonly flagKey: string;
  readonly places: number;
}

/** Puts a scan in the place of the earlier one of its branch. */
export async function replaceScan(
  tx: Db,
  workspaceId: string,
  scan: CodeReferencesBody,
  now: Date,
): Promise<void> {
  const { repository, branch, commit, files, references } = scan;
  await tx
    .deleteFrom("flag_reference_scans")
    .where("workspace_id", "=", workspaceId)
    .where("repository", "=", repository)
    .where("branch", "=", branch)
    .execute();
  const place = { workspace_id: workspaceId, repository, branch };
  await tx
    .insertInto("flag_reference_scans")
    .values({ ...place, commit, files, scanned_at: now })
    .execute();
  if (references.length === 0) return;
  await sql`
    insert into flag_references (workspace_id, repository, branch, flag_key, places, examples)
    select ${workspaceId}::uuid, ${repository}, ${branch}, r.flag, r.places, r.examples
    from jsonb_to_recordset(${JSON.stringify(references)}::jsonb)
      as r (flag text, places integer, examples jsonb)`.execute(tx);
}

export async function readScans(db: Db, workspaceId: string): Promise<readonly CodeScan[]> {
  const rows = await db
    .selectFrom("flag_reference_scans")
    .select(["repository", "branch", "commit", "files", "scanned_at"])
    .where("workspace_id", "=", workspaceId)
    .orderBy("repository")
    .orderBy("branch")
    .execute();
  return rows.map(({ scanned_at: scannedAt, ...scan }) => ({ ...scan, scannedAt }));
}

export async function readReferences(
  db: Db,
  workspaceId: string,
): Promise<readonly CodeReference[]> {
  const rows = await db
    .selectFrom("flag_references")
    .select(["repository", "branch", "flag_key", "places"])
    .where("workspace_id", "=", workspaceId)
    .execute();
  return rows.map(({ flag_key: flagKey, ...reference }) => ({ ...reference, flagKey }));
}

/** Where code names one flag, with the lines. */
export async function readReferencesOf(db: Db, workspaceId: string, flagKey: string) {
  const rows = await db
    .selectFrom("flag_references")
    .select(["repository", "branch", "places", "examples"])
    .where("workspace_id", "=", workspaceId)
    .where("flag_key", "=", flagKey)
    .execute();
  return rows.map((row) => ({ ...row, examples: Value.Parse(Examples, row.examples) }));
}
