import type { Db } from "@paceline/db";

import type { FindFlagLock, FlagLock } from "./publication-door.ts";

/** Where a flag is locked. */
export interface LockPlace {
  readonly workspaceId: string;
  readonly flagId: string;
  readonly environment: string;
}

/**
 * Keeps a flag's place for one holder. Only ways back pass a lock.
 *
 * @returns the lock of somebody else, if there is one; then nothing is taken
 */
export async function takeFlagLock(
  tx: Db,
  place: LockPlace,
  lock: FlagLock,
  since: Date,
): Promise<FlagLock | null> {
  const taken = await tx
    .insertInto("flag_locks")
    .values({
      workspace_id: place.workspaceId,
      flag_id: place.flagId,
      environment: place.environment,
      holder: lock.holder,
      reason: lock.reason,
      since,
    })
    .onConflict((conflict) => conflict.columns(["flag_id", "environment"]).doNothing())
    .returning("holder")
    .executeTakeFirst();
  if (taken !== undefined) return null;
  const held = await findFlagLock(tx, place);
  return held === null || held.holder === lock.holder ? null : held;
}

/** Lets go of every flag that a holder keeps. */
export async function releaseFlagLocks(tx: Db, workspaceId: string, holder: string): Promise<void> {
  await tx
    .deleteFrom("flag_locks")
    .where("workspace_id", "=", workspaceId)
    .where("holder", "=", holder)
    .execute();
}

/** The lock of a flag in an environment, or null. */
export const findFlagLock: FindFlagLock = async (tx, { flagId, environment }) => {
  const row = await tx
    .selectFrom("flag_locks")
    .select(["holder", "reason"])
    .where("flag_id", "=", flagId)
    .where("environment", "=", environment)
    .executeTakeFirst();
  return row ?? null;
};
