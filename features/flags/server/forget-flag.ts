import type { Db } from "@paceline/db";

/**
 * Deletes an archived flag that no other than these environments has ever served, with its revisions; for synthetic
 * data only. A publication elsewhere keeps it, because revisions of an environment have no gaps. Called
 * by commands that write the audit entry.
 *
 * @returns whether it was deleted
 */
export async function forgetFlag(
  tx: Db,
  workspaceId: string,
  key: string,
  environments: readonly string[],
): Promise<boolean> {
  const flag = await tx
    .selectFrom("flags")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .where("archived_at", "is not", null)
    .executeTakeFirst();
  if (flag === undefined) return false;
  const elsewhere = await tx
    .selectFrom("flag_publications")
    .select("revision")
    .where("flag_id", "=", flag.id)
    .where("environment", "not in", environments)
    .limit(1)
    .executeTakeFirst();
  if (elsewhere !== undefined) return false;
  await tx.deleteFrom("flag_publications").where("flag_id", "=", flag.id).execute();
  await tx.deleteFrom("flag_revisions").where("flag_id", "=", flag.id).execute();
  await tx.deleteFrom("flag_drafts").where("flag_id", "=", flag.id).execute();
  await tx.deleteFrom("flags").where("id", "=", flag.id).execute();
  return true;
}
