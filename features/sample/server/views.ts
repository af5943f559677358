import { viewMembers } from "@paceline/access/server";
import type { Db } from "@paceline/db";
import { listExperiments } from "@paceline/experiments/server";

import type { Sample } from "../api.ts";
import { STUDIES, trueEffects } from "../domain/index.ts";
import type { SamplePerson } from "../domain/index.ts";
import { SAMPLE_ENVIRONMENT } from "./dependencies.ts";

const LOOKED_THROUGH = 100;

/** Ids of the invented members who are still there. */
export async function findSampleMembers(
  db: Db,
  workspaceId: string,
  people: readonly SamplePerson[],
): Promise<readonly string[]> {
  const invented = new Set(people.map(({ email }) => email));
  const members = await viewMembers(db, workspaceId);
  return members.filter(({ email }) => invented.has(email)).map(({ id }) => id);
}

/** What is really true of each simulated experiment. */
export async function viewTruth(db: Db, workspaceId: string): Promise<Sample["trueEffects"]> {
  const filter = { environment: SAMPLE_ENVIRONMENT };
  const made = await listExperiments(db, workspaceId, filter, null, LOOKED_THROUGH);
  return STUDIES.flatMap((study) => {
    const experiment = made.find(({ flagKey }) => flagKey === study.flagKey);
    return trueEffects(study).map((truth) => ({
      experiment: study.name,
      experimentId: experiment?.id ?? null,
      arm: study.treatment,
      ...truth,
    }));
  });
}
