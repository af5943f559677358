import type { Db } from "@paceline/db";

/**
 * Deletes an environment with its keys, for synthetic data only: real environments are kept, because
 * their history is. Called by commands that write the audit entry.
 */
export async function forgetEnvironment(tx: Db, workspaceId: string, key: string): Promise<void> {
  await tx
    .deleteFrom("api_keys")
    .where("workspace_id", "=", workspaceId)
    .where("environment_key", "=", key)
    .execute();
  await tx
    .deleteFrom("environments")
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .execute();
}
