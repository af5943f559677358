import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { takeLook } from "./commands/take-look.ts";
import type { LookTaken } from "./commands/take-look.ts";
import type { ExperimentDependencies } from "./dependencies.ts";
import { dueLook } from "./look-time.ts";
import { listLooks, listRunning } from "./repository.ts";

/** What the scheduler needs besides the feature's own dependencies. */
export interface SchedulerDependencies extends ExperimentDependencies {
  /** A context of the service `scheduler` for one workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  /** Called after each look, outside its transaction: rolls back, moves the initiative on. */
  readonly onLook: (taken: LookTaken) => Promise<void>;
  /** Told of a look that failed; the others are taken all the same. */
  readonly onError: (error: unknown, experimentId: string) => void;
}

/**
 * Takes every scheduled look that is due on the clock of its environment. Safe to call from several
 * processes: a look is taken under the experiment's row lock and is then no longer due.
 *
 * @returns the looks taken
 */
export async function takeDueLooks(
  deps: SchedulerDependencies,
  db: Db,
): Promise<readonly LookTaken[]> {
  const taken: LookTaken[] = [];
  for (const experiment of await listRunning(db)) {
    try {
      const now = await deps.environmentNow(experiment.workspaceId, experiment.environment);
      const looks = await listLooks(db, experiment);
      const asOf = dueLook(experiment, looks.at(-1)?.asOf ?? null, now);
      if (asOf === null) continue;
      const ctx = deps.serviceContext(experiment.workspaceId);
      const result = await takeLook(deps, ctx, { id: experiment.id, asOf, kind: "scheduled" });
      if (!result.ok) continue;
      taken.push(result.value);
      await deps.onLook(result.value);
    } catch (error) {
      deps.onError(error, experiment.id);
    }
  }
  return taken;
}
