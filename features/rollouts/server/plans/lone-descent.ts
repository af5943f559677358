import type { CommandContext } from "@paceline/command";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import type { ProcessHandle } from "@paceline/workflow";

import { armedRun, isDescending } from "../../domain/index.ts";
import type { PlanEvent, PlanRun, RolloutPlan } from "../../domain/index.ts";
import { findDefinition } from "../repository.ts";
import { actorId } from "./actor.ts";
import type { FlagStepsBack, StagePort } from "./dependencies.ts";
import { leastShareOf } from "./pace.ts";
import { insertRollout, listMoving } from "./repository.ts";
import type { Rollout } from "./repository.ts";

/**
 * - `moved`   a plan has begun to move the flag meanwhile, and its own steps count
 * - `instant` nothing lies between the flag and its target, or it cannot go down in steps
 */
export type NoDescent = { readonly kind: "moved" } | { readonly kind: "instant" };

interface Wanted {
  readonly flagKey: string;
  readonly environment: string;
  readonly reason: string;
  readonly stepSeconds: number;
}

/** The plan of a flag that nobody planned: its stages are the shares that it had, in the order of their time. */
function planOf({ flagKey, environment }: Wanted, { ruleId, shares }: FlagStepsBack): RolloutPlan {
  const stages = shares.toReversed().map((exposureShare, index) => ({
    id: `was-${index + 1}`,
    name: `${Math.round(exposureShare * 10_000) / 100} %`,
    exposureShare,
    when: null,
    hold: { time: null, sample: null, approval: null, guards: false },
  }));
  return {
    flagKey,
    environment,
    ruleId,
    stages,
    guards: [],
    initiativeId: null,
    windows: [],
    template: null,
  };
}

function rolloutOf(ctx: CommandContext, plan: RolloutPlan, steps: FlagStepsBack): Rollout {
  const by = actorId(ctx);
  return {
    id: ctx.newId(),
    workspaceId: ctx.workspaceId,
    name: `Way back of ${plan.flagKey}`,
    flagId: steps.flagId,
    plan,
    state: "armed",
    stage: null,
    reason: null,
    revision: steps.revision,
    executionId: null,
    authors: [by],
    createdBy: by,
    createdAt: ctx.now,
    updatedAt: ctx.now,
    startedAt: null,
    endedAt: null,
    version: 1,
  };
}

/**
 * Begins to take back, step by step, a flag that no plan moves: it gets a plan that only goes down, through
 * the shares that its rule had before. In the transaction `ctx.db`, which an error must undo.
 */
export async function descendAlone(
  stages: StagePort,
  runs: ProcessHandle<PlanRun, PlanEvent>,
  ctx: CommandContext,
  wanted: Wanted,
): Promise<Result<{ readonly id: string; readonly run: PlanRun }, NoDescent>> {
  const { flagKey, environment, reason, stepSeconds } = wanted;
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  const target = definition?.target ?? { kind: "off" };
  const after = target.kind === "revision" ? target.revision : null;
  // Holds the flag: from here on nothing else begins to move it.
  const steps = await stages.stepsBack(ctx, { flagKey, environment, after });
  const place = { workspaceId: ctx.workspaceId, flagKey, environment };
  if ((await listMoving(ctx.db, place)).length > 0) return err({ kind: "moved" });
  // Shares of an experiment do not change while it runs: it ends, at once.
  if (steps === null || steps.experimentId !== null) return err({ kind: "instant" });
  const plan = planOf(wanted, steps);
  const rollout = rolloutOf(ctx, plan, steps);
  const { id, name, flagId } = rollout;
  const locked = await stages.lock(ctx, { id, name, flagId, environment });
  if (!locked.ok) return err({ kind: "instant" });
  await insertRollout(ctx.db, rollout);
  const present = plan.stages.length - 1;
  const state: PlanRun = {
    ...armedRun(plan, rollout.authors),
    state: "running",
    stage: present,
    startedAt: ctx.now.toISOString(),
  };
  const start = { id, subject: `rollout/${id}`, state };
  const leastShare = await leastShareOf(stages, ctx, plan);
  const pace = { stepSeconds, leastShare };
  const event = { kind: "roll-back", by: actorId(ctx), reason, ...pace } as const;
  const run = await runs.startRun(ctx, start, event);
  return isDescending(run) ? ok({ id, run }) : err({ kind: "instant" });
}
