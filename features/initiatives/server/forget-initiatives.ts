import type { Db } from "@paceline/db";

/**
 * Deletes the initiatives that one creator made, with all that hangs on them; for synthetic data only.
 * Their numbers are not given again. Called by commands that write the audit entry.
 *
 * @returns how many were deleted
 */
export async function forgetInitiatives(
  tx: Db,
  workspaceId: string,
  createdBy: string,
): Promise<number> {
  const gone = await tx
    .deleteFrom("initiatives")
    .where("workspace_id", "=", workspaceId)
    .where("created_by", "=", createdBy)
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
}
