import type { Db } from "@paceline/db";

import { metricKeysOf } from "../domain/index.ts";
import { listExperiments } from "./repository.ts";

const CHECKED_EXPERIMENTS = 10_000;

/**
 * Deletes the experiments of an environment with their looks, and those of the named metrics that no
 * other experiment uses; for synthetic data only. Called by commands that write the audit entry.
 *
 * @returns how many experiments were deleted
 */
export async function forgetExperiments(
  tx: Db,
  workspaceId: string,
  environment: string,
  metrics: readonly string[],
): Promise<number> {
  const gone = await tx
    .deleteFrom("experiments")
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .executeTakeFirst();
  const others = await listExperiments(tx, workspaceId, {}, null, CHECKED_EXPERIMENTS);
  const used = new Set(others.flatMap(({ criterion }) => metricKeysOf(criterion)));
  const unused = metrics.filter((key) => !used.has(key));
  if (unused.length > 0) {
    await tx
      .deleteFrom("metrics")
      .where("workspace_id", "=", workspaceId)
      .where("key", "in", unused)
      .execute();
  }
  return Number(gone.numDeletedRows);
}
