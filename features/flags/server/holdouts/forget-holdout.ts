import type { Db } from "@paceline/db";

/**
 * Deletes a holdout, so that its flag can be forgotten too; for synthetic data only. Called by commands
 * that write the audit entry.
 *
 * @returns the key of its flag, or null if there is no such holdout
 */
export async function forgetHoldout(
  tx: Db,
  workspaceId: string,
  key: string,
): Promise<string | null> {
  const holdout = await tx
    .selectFrom("flag_holdouts")
    .select(["id", "flag_key"])
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .executeTakeFirst();
  if (holdout === undefined) return null;
  await tx.deleteFrom("flag_holdout_flags").where("holdout_id", "=", holdout.id).execute();
  await tx.deleteFrom("flag_holdouts").where("id", "=", holdout.id).execute();
  return holdout.flag_key;
}
