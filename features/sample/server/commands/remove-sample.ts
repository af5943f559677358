import { forgetEnvironment, removeMember } from "@paceline/access/server";
import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { forgetPlans } from "@paceline/events/server";
import { forgetExperiments } from "@paceline/experiments/server";
import { archiveFlag, forgetFlag, forgetHoldout, OPEN_DOOR } from "@paceline/flags/server";
import { forgetInitiatives } from "@paceline/initiatives/server";
import { shadowKey } from "@paceline/rollouts/domain";
import { forgetRollbacks } from "@paceline/rollouts/server";

import type { SampleRemoval } from "../../api.ts";
import {
  PEOPLE,
  SAMPLE_FLAGS,
  SAMPLE_HOLDOUT,
  SAMPLE_ROLLOUTS,
  SHOWN_FLAGS,
  STUDIES,
} from "../../domain/index.ts";
import { SAMPLE_ACTOR, SAMPLE_ENVIRONMENT, SAMPLE_ENVIRONMENTS } from "../dependencies.ts";
import { must } from "../must.ts";
import { lockMarker, writeMarker } from "../repository.ts";
import { findSampleMembers } from "../views.ts";

const STAYS =
  "The entries of the audit log stay: it is never shortened, and it says that this data was made up and removed. " +
  "A telemetry plan of the sample to which you gave a version of your own stays with that version. " +
  "A layer of the sample stays, because the ledger of its slots is only added to. " +
  "A sample flag that you published in another environment is archived, not deleted. " +
  "Events of the sample that were merged into one file with your own stay on the disk, where nothing reads them.";

const NOTHING = { initiatives: 0, experiments: 0, flags: 0, members: 0, stays: STAYS };

async function forgetFlags(ctx: CommandContext): Promise<number> {
  let forgotten = 0;
  // Its flag first: while the holdout is there, no other may be without it.
  const slices = await forgetHoldout(ctx.db, ctx.workspaceId, SAMPLE_HOLDOUT.key);
  const shown = SHOWN_FLAGS.map(({ key }) => key);
  const rolledOut = SAMPLE_ROLLOUTS.flatMap(({ flagKey, isRehearsed, initiative }) => [
    ...(isRehearsed ? [shadowKey(flagKey)] : []),
    ...(initiative === null ? [flagKey] : []),
  ]);
  const made = [...shown, ...rolledOut, ...SAMPLE_FLAGS];
  for (const key of [...(slices === null ? [] : [slices]), ...made]) {
    // Made-up data can always be taken away.
    const archived = await archiveFlag(OPEN_DOOR, ctx, key);
    if (archived.ok && (await forgetFlag(ctx.db, ctx.workspaceId, key, SAMPLE_ENVIRONMENTS)))
      forgotten += 1;
  }
  return forgotten;
}

/**
 * Takes everything away that the sample has made. A second call finds nothing and changes nothing. The
 * events are forgotten by the caller afterwards, because files join no transaction.
 *
 * @param next  what the workspace is left as: `filling` before another attempt
 */
export function removeSample(
  ctx: CommandContext,
  next: "removed" | "filling",
): Promise<SampleRemoval> {
  requirePermission(ctx, "sample.remove");
  return inTransaction(ctx.db, async (tx) => {
    const inner = { ...ctx, db: tx };
    const marker = await lockMarker(tx, ctx.workspaceId);
    if (marker === null || marker.state === "removed") return { removed: false, ...NOTHING };
    // Rollouts first: their flags are locked while they run.
    for (const environment of SAMPLE_ENVIRONMENTS) {
      await forgetRollbacks(tx, ctx.workspaceId, environment);
    }
    const flags = await forgetFlags(inner);
    const metrics = STUDIES.flatMap((study) => study.metrics.map(({ key }) => key));
    const experiments = await forgetExperiments(tx, ctx.workspaceId, SAMPLE_ENVIRONMENT, metrics);
    const initiatives = await forgetInitiatives(tx, ctx.workspaceId, SAMPLE_ACTOR);
    const mine = { createdBy: `service:${SAMPLE_ACTOR}`, environment: SAMPLE_ENVIRONMENT };
    const plans = await forgetPlans(tx, ctx.workspaceId, mine);
    const members = await findSampleMembers(tx, ctx.workspaceId, PEOPLE);
    for (const id of members) must("remove a member", await removeMember(inner, id));
    for (const environment of SAMPLE_ENVIRONMENTS) {
      await forgetEnvironment(tx, ctx.workspaceId, environment);
    }
    await writeMarker(tx, { ...marker, state: next, failure: null }, ctx.now);
    const counts = { initiatives, experiments, flags, members: members.length };
    await appendAudit(tx, ctx, {
      action: "sample.remove",
      subject: { kind: "sample", id: ctx.workspaceId },
      detail: { seed: marker.seed, found: marker.state, ...counts, plans },
    });
    return { removed: true, ...counts, stays: STAYS };
  });
}
