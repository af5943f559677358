import type { CommandContext } from "@paceline/command";

import { planFaults } from "../../domain/index.ts";
import type { PlanFault, RolloutPlan } from "../../domain/index.ts";
import type { PlanDependencies } from "./dependencies.ts";

/** What is wrong with a plan, held against the workspace and the rule that is in force. */
export async function checkPlan(
  deps: PlanDependencies,
  ctx: CommandContext,
  plan: RolloutPlan,
): Promise<readonly PlanFault[]> {
  const rule = await deps.stages.find(ctx, plan);
  const inForce = rule === null || rule === "no-rule" ? null : rule;
  return planFaults(plan, {
    roles: deps.roles,
    metrics: await deps.metrics(ctx),
    // A flag that is not in force yet may still be published with a rule that records.
    recordsExposure: inForce === null || inForce.recordsExposure,
    servesExperiment: inForce !== null && inForce.experimentId !== null,
  });
}
