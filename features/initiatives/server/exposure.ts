import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { exposureHold, missingArtifacts } from "../domain/index.ts";
import type { ExposureHold } from "../domain/index.ts";
import { scopeOf, subjectOf } from "./change.ts";
import type { InitiativeDependencies } from "./dependencies.ts";
import { checkSubject } from "./evaluation.ts";
import { findInitiative } from "./repository.ts";

/** Why an initiative may expose nobody now; null if it may, and if there is no such initiative. */
export async function findExposureHold(
  { evidence }: Pick<InitiativeDependencies, "evidence">,
  tx: Db,
  ctx: CommandContext,
  initiativeId: string,
): Promise<ExposureHold | null> {
  const initiative = await findInitiative(tx, ctx.workspaceId, initiativeId);
  if (initiative === null) return null;
  const name = `CHG-${initiative.number}`;
  const held = exposureHold(name, initiative.state, initiative.verdict, []);
  if (held !== null) return held;
  const subject = await subjectOf(tx, initiative);
  const { checks } = await checkSubject(evidence, scopeOf(tx, ctx), subject);
  return exposureHold(name, initiative.state, initiative.verdict, missingArtifacts(checks));
}
