import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { takeLook } from "./commands/take-look.ts";
import type { LookTaken } from "./commands/take-look.ts";
import type { ExperimentDependencies } from "./dependencies.ts";
import { dueLook } from "./look-time.ts";
import { listLooks, listRunning } from "./repository.ts";
import type { Experiment } from "./repository.ts";

/** What taking the looks of a clock needs besides the feature's own dependencies. */
export interface DueLookDependencies extends ExperimentDependencies {
  /** A context of the service `scheduler` for one workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
}

/** What the scheduler needs besides the feature's own dependencies. */
export interface SchedulerDependencies extends DueLookDependencies {
  /** Called after each look, outside its transaction: rolls back, moves the initiative on. */
  readonly onLook: (taken: LookTaken) => Promise<void>;
  /** Told of a look that failed; the others are taken all the same. */
  readonly onError: (error: unknown, experimentId: string) => void;
}

/**
 * Takes the scheduled look of a running experiment that is due. Safe to call from several processes: a
 * look is taken under the experiment's row lock and is then no longer due.
 *
 * @param now  on the clock of the experiment's environment
 * @returns null where none is due, or somebody else has taken it
 */
export async function takeDueLook(
  deps: DueLookDependencies,
  db: Db,
  experiment: Experiment,
  now: Date,
): Promise<LookTaken | null> {
  const looks = await listLooks(db, experiment);
  const asOf = dueLook(experiment, looks.at(-1)?.asOf ?? null, now);
  if (asOf === null) return null;
  const ctx = deps.serviceContext(experiment.workspaceId);
  const result = await takeLook(deps, ctx, { id: experiment.id, asOf, kind: "scheduled" });
  return result.ok ? result.value : null;
}

/**
 * Takes every scheduled look that is due on the clock of its environment.
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
      const look = await takeDueLook(deps, db, experiment, now);
      if (look === null) continue;
      taken.push(look);
      await deps.onLook(look);
    } catch (error) {
      deps.onError(error, experiment.id);
    }
  }
  return taken;
}
