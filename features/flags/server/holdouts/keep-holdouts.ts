import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { dueState } from "../../domain/index.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { moveHoldout } from "./commands/move-holdout.ts";
import { readDue } from "./repository.ts";

export interface KeepHoldoutsDependencies {
  readonly db: Db;
  readonly door: PublicationDoor;
  /** A context of the service that keeps holdouts. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  /** Told of a holdout that could not go on; it is tried again at the next call. */
  readonly onError: (error: unknown) => void;
}

/** Takes every holdout on whose window has come. One that is refused does not stop the others. */
export async function keepHoldouts(deps: KeepHoldoutsDependencies, now: Date): Promise<void> {
  for (const holdout of await readDue(deps.db, now)) {
    const to = dueState(holdout, now);
    if (to === "active" || to === holdout.state) continue;
    const ctx = deps.serviceContext(holdout.workspaceId);
    try {
      const moved = await moveHoldout(deps.door, ctx, { key: holdout.key, to });
      if (!moved.ok) {
        deps.onError(new Error(`holdout ${holdout.key} could not go on: ${moved.error.kind}`));
      }
    } catch (error) {
      deps.onError(error);
    }
  }
}
