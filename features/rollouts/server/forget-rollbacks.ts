import type { Db } from "@paceline/db";
import { forgetRuns } from "@paceline/workflow";

/**
 * Deletes the rollouts of an environment, its ways back and the rollbacks made there; for synthetic data only. Called
 * by commands that write the audit entry.
 */
export async function forgetRollbacks(
  tx: Db,
  workspaceId: string,
  environment: string,
): Promise<void> {
  const plans = await tx
    .deleteFrom("rollout_plans")
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .returning("id")
    .execute();
  await forgetRuns(
    tx,
    plans.map(({ id }) => id),
  );
  for (const table of [
    "rollback_executions",
    "rollback_rehearsals",
    "rollback_definitions",
  ] as const) {
    await tx
      .deleteFrom(table)
      .where("workspace_id", "=", workspaceId)
      .where("environment", "=", environment)
      .execute();
  }
}
