import { findExperiment } from "@paceline/experiments/server";
import { exposesMore } from "@paceline/flags/domain";
import type { AwaitsStart, ExposureGate, PublicationDoor } from "@paceline/flags/server";
import { findFlagLock } from "@paceline/flags/server";
import { findExposureHold } from "@paceline/initiatives/server";
import type { InitiativeDependencies } from "@paceline/initiatives/server";

/** Where a team tries what it has not decided yet. */
const REHEARSAL_ENVIRONMENTS: readonly string[] = ["staging", "drill"];

/**
 * The readiness gate: a flag of an initiative exposes nobody, or nobody more, while the initiative is
 * not ready. It stands in the one door of publications, so whoever publishes passes it: people, the
 * API, the command line, an import, a schedule.
 */
function exposureGate(initiatives: Pick<InitiativeDependencies, "evidence">): ExposureGate {
  return async (tx, ctx, { flag, environment, before, after }) => {
    if (REHEARSAL_ENVIRONMENTS.includes(environment) || !exposesMore(before, after)) return null;
    // An older revision may be from the time before the flag belonged to its initiative.
    for (const initiativeId of new Set([after?.initiativeId ?? null, flag.initiativeId])) {
      const hold =
        initiativeId === null ? null : await findExposureHold(initiatives, tx, ctx, initiativeId);
      if (hold !== null) return hold;
    }
    return null;
  };
}

const awaitsStart: AwaitsStart = async (tx, workspaceId, experimentId) => {
  const experiment = await findExperiment(tx, workspaceId, experimentId);
  return experiment?.state === "draft" || experiment?.state === "locked";
};

/** What stands between a command and what flags do. */
export function publicationDoor(
  initiatives: Pick<InitiativeDependencies, "evidence">,
): PublicationDoor {
  return { findLock: findFlagLock, exposureGate: exposureGate(initiatives), awaitsStart };
}
