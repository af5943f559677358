import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import type { ExperimentDependencies } from "./dependencies.ts";
import { findExperiment, lockExperiment } from "./repository.ts";
import type { Experiment } from "./repository.ts";

/**
 * Locks an experiment for a change that reaches its flag: the flag first, as everything does that
 * starts at the flag, so that a look and a rollback wait for each other and never block each other.
 */
export async function holdExperiment(
  deps: Pick<ExperimentDependencies, "holdFlag">,
  tx: Db,
  ctx: CommandContext,
  id: string,
): Promise<Experiment | null> {
  const found = await findExperiment(tx, ctx.workspaceId, id);
  if (found === null) return null;
  await deps.holdFlag({ ...ctx, db: tx }, found);
  return lockExperiment(tx, ctx.workspaceId, id);
}
