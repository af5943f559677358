import type { CommandContext } from "@paceline/command";

import { stepSecondsOf } from "../../domain/index.ts";
import type { DescentPace, RollbackPace } from "../../domain/index.ts";
import { findDefinition } from "../repository.ts";
import type { PlanPlace, StagePort } from "./dependencies.ts";

/** What the target of a flag's way back exposes of a rule, 0 to 1: a rollback never goes below it. */
export async function leastShareOf(
  stages: StagePort,
  ctx: CommandContext,
  place: PlanPlace,
): Promise<number> {
  const { environment, flagKey } = place;
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  if (definition === null || definition.target.kind === "off") return 0;
  return stages.shareAt(ctx, { ...place, revision: definition.target.revision });
}

/**
 * How a rollback of a plan's rule goes, as the way back of its flag says now.
 *
 * @param wanted  the pace that a person asks for, `"automatic"` for a guard's, null for the way back's own
 * @returns null if it is instant
 */
export async function paceOf(
  stages: StagePort,
  ctx: CommandContext,
  place: PlanPlace,
  wanted: RollbackPace | "automatic" | null,
): Promise<DescentPace | null> {
  const { environment, flagKey } = place;
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  const stepSeconds = stepSecondsOf(definition, wanted);
  if (stepSeconds === null) return null;
  return { stepSeconds, leastShare: await leastShareOf(stages, ctx, place) };
}
