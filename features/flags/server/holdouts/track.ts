import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { isHeldOut, isServing } from "../../domain/index.ts";
import type { RevisionContent } from "../../domain/index.ts";
import { attachFlag, lockOpenHoldouts } from "./repository.ts";

const SERVED_BEFORE = "some units had been served before they were held out";
const WENT_PAST = "a revision without the holdout's gate was put in force";

/**
 * Keeps the list of flags under holdouts in line with a publication, and says where a comparison is
 * not sound: the flag had served before, or came back without the gate.
 */
export async function trackHoldouts(
  tx: Db,
  ctx: CommandContext,
  place: { readonly flagId: string; readonly environment: string; readonly revision: number },
  {
    before,
    after,
  }: { readonly before: RevisionContent | null; readonly after: RevisionContent | null },
): Promise<void> {
  if (after === null) return;
  const { flagId, environment, revision } = place;
  const open = await lockOpenHoldouts(tx, ctx.workspaceId, environment, flagId);
  for (const { holdout, isAttached } of open) {
    const isGated = after.configuration.rules.length > 0 && isHeldOut(after, holdout.key);
    const bias =
      isGated && !isAttached && isServing(before)
        ? SERVED_BEFORE
        : isAttached && !isGated && isServing(after)
          ? WENT_PAST
          : null;
    if (bias === null && (isAttached || !isGated)) continue;
    await attachFlag(tx, holdout.id, { id: flagId, revision, bias }, ctx.now);
  }
}
