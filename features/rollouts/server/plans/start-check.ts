import type { CommandContext } from "@paceline/command";
import { findExperiment } from "@paceline/experiments/server";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { RolloutPlan } from "../../domain/index.ts";
import { findDefinition } from "../repository.ts";
import type { PlanDependencies, RuleInForce } from "./dependencies.ts";

/** Why a plan cannot be armed or started: the rule, and the way out. */
export interface StartRefusal {
  readonly kind: "not-ready";
  readonly rule: string;
  readonly detail: string;
}

function refused(rule: string, detail: string): Result<never, StartRefusal> {
  return err({ kind: "not-ready", rule, detail });
}

async function experimentRefusal(
  ctx: CommandContext,
  plan: RolloutPlan,
  experimentId: string | null,
): Promise<string | null> {
  if (experimentId === null) return null;
  const experiment = await findExperiment(ctx.db, ctx.workspaceId, experimentId);
  if (experiment === null) return null;
  if (experiment.state === "draft" || experiment.state === "locked") {
    return `The rule serves the experiment "${experiment.name}", which has not been started: the rollout would expose its units before. Start the experiment first.`;
  }
  if (experiment.state === "running" && plan.stages.some(({ when }) => when !== null)) {
    return `The rule serves the running experiment "${experiment.name}": a stage that changes who is targeted would change whom it measures. Take the targeting out of the stages, or stop the experiment.`;
  }
  return null;
}

async function rollbackRefusal(
  deps: PlanDependencies,
  ctx: CommandContext,
  { flagKey, environment }: RolloutPlan,
): Promise<string | null> {
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  if (definition === null) {
    return `Nobody has said where ${flagKey} goes back to in ${environment}. Define its way back first.`;
  }
  const { target } = definition;
  if (target.kind === "off") return null;
  const found = await deps.flags.find(ctx, { flagKey, environment, revision: target.revision });
  return found === null
    ? `The way back of ${flagKey} leads to revision ${target.revision}, which it never had in ${environment}. Choose another target.`
    : null;
}

/** Whether everything outside of a plan is as it must be before it may expose anybody: undo before do. */
export async function checkStart(
  deps: PlanDependencies,
  ctx: CommandContext,
  plan: RolloutPlan,
): Promise<Result<RuleInForce, StartRefusal>> {
  const { flagKey, environment, ruleId } = plan;
  if (deps.isReplay(ctx.workspaceId, environment)) {
    return refused("live-environment", `${environment} replays the past; nobody would be exposed.`);
  }
  const rule = await deps.stages.find(ctx, plan);
  if (rule === null) {
    return refused(
      "flag-published",
      `${flagKey} is not in force in ${environment}. Publish it first, with the rule at exposure 0.`,
    );
  }
  if (rule === "no-rule") {
    return refused(
      "flag-published",
      `What is in force of ${flagKey} in ${environment} has no rule ${ruleId}. Publish it first.`,
    );
  }
  if (!rule.isEnabled) {
    return refused("flag-enabled", `${flagKey} is switched off in ${environment}. Switch it on.`);
  }
  const first = plan.stages[0]?.exposureShare ?? 0;
  if (rule.exposureShare > first) {
    return refused(
      "no-step-back",
      `The rule exposes ${rule.exposureShare * 100} % already, more than the first stage: starting would take people out. Begin with a larger stage, or lower the exposure first.`,
    );
  }
  const noWayBack = await rollbackRefusal(deps, ctx, plan);
  if (noWayBack !== null) return refused("way-back", noWayBack);
  const experiment = await experimentRefusal(ctx, plan, rule.experimentId);
  if (experiment !== null) return refused("experiment", experiment);
  return ok(rule);
}
