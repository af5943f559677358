import type { Db } from "@paceline/db";

/**
 * Deletes the ways back of an environment and the rollbacks made there; for synthetic data only. Called
 * by commands that write the audit entry.
 */
export async function forgetRollbacks(
  tx: Db,
  workspaceId: string,
  environment: string,
): Promise<void> {
  for (const table of ["rollback_executions", "rollback_definitions"] as const) {
    await tx
      .deleteFrom(table)
      .where("workspace_id", "=", workspaceId)
      .where("environment", "=", environment)
      .execute();
  }
}
