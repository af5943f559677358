import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { BUILT_IN_TEMPLATES } from "../../domain/index.ts";
import type { RolloutPlan, Stage } from "../../domain/index.ts";
import type { WritePlan } from "../../plan-api.ts";
import { actorId } from "../plans/actor.ts";
import { checkPlan } from "../plans/check.ts";
import type { PlanDependencies } from "../plans/dependencies.ts";
import type { RolloutError } from "../plans/errors.ts";
import { insertRollout, listTemplates, lockRollout, updateRollout } from "../plans/repository.ts";
import type { Rollout } from "../plans/repository.ts";

async function stagesOf(
  ctx: CommandContext,
  { stages, template }: WritePlan,
): Promise<readonly Stage[] | null> {
  if (stages !== undefined) return stages;
  const own = await listTemplates(ctx.db, ctx.workspaceId);
  const known = [...BUILT_IN_TEMPLATES, ...own];
  return known.find(({ key }) => key === template)?.stages ?? null;
}

async function planOf(
  deps: PlanDependencies,
  ctx: CommandContext,
  input: WritePlan,
): Promise<Result<{ readonly plan: RolloutPlan; readonly flagId: string }, RolloutError>> {
  const { flagKey, environment, ruleId } = input;
  const flagId = await deps.flags.find(ctx, { flagKey, environment, revision: null });
  if (flagId === null) return err({ kind: "flag-not-found" });
  if (!(await deps.environmentExists(ctx, environment))) {
    return err({ kind: "environment-not-found" });
  }
  const stages = await stagesOf(ctx, input);
  if (stages === null) {
    return input.template === undefined || input.template === null
      ? err({
          kind: "invalid-plan",
          faults: [{ pointer: "/stages", detail: "is required where no template is named" }],
        })
      : err({ kind: "template-not-found" });
  }
  const plan: RolloutPlan = {
    flagKey,
    environment,
    ruleId,
    stages,
    guards: input.guards ?? [],
    initiativeId: input.initiativeId ?? null,
    windows: input.windows ?? [],
    template: input.template ?? null,
  };
  const faults = await checkPlan(deps, ctx, plan);
  return faults.length > 0 ? err({ kind: "invalid-plan", faults }) : ok({ plan, flagId });
}

function detailOf({ name, plan, version }: Rollout) {
  const { flagKey, environment, ruleId, stages, template } = plan;
  const shares = stages.map(({ exposureShare }) => exposureShare);
  return { name, flagKey, environment, ruleId, shares, template, version };
}

/** Writes a plan down. Nothing is served before it is armed and started. */
export function createRollout(
  deps: PlanDependencies,
  ctx: CommandContext,
  input: WritePlan,
): Promise<Result<Rollout, RolloutError>> {
  return inTransaction<Result<Rollout, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.edit");
    const inner = { ...ctx, db: tx };
    const made = await planOf(deps, inner, input);
    if (!made.ok) return made;
    const by = actorId(ctx);
    const rollout: Rollout = {
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      name: input.name,
      ...made.value,
      state: "draft",
      stage: null,
      reason: null,
      revision: null,
      executionId: null,
      authors: [by],
      createdBy: by,
      createdAt: ctx.now,
      updatedAt: ctx.now,
      startedAt: null,
      endedAt: null,
      version: 1,
    };
    await insertRollout(tx, rollout);
    await appendAudit(tx, ctx, {
      action: "rollout.create",
      subject: { kind: "rollout", id: rollout.id },
      detail: detailOf(rollout),
    });
    return ok(rollout);
  });
}

/** Replaces a plan that has not been started; an armed one is a draft again. */
export function editRollout(
  deps: PlanDependencies,
  ctx: CommandContext,
  input: { readonly id: string; readonly version: number; readonly plan: WritePlan },
): Promise<Result<Rollout, RolloutError>> {
  return inTransaction<Result<Rollout, RolloutError>>(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.edit");
    const inner = { ...ctx, db: tx };
    const before = await lockRollout(tx, ctx.workspaceId, input.id);
    if (before === null) return err({ kind: "rollout-not-found" });
    if (before.version !== input.version) {
      return err({ kind: "stale-version", current: before.version });
    }
    if (before.state !== "draft" && before.state !== "armed") {
      const detail = `It is ${before.state}: a plan that was started keeps the stages it was started with.`;
      return err({ kind: "wrong-state", detail });
    }
    const made = await planOf(deps, inner, input.plan);
    if (!made.ok) return made;
    const rollout: Rollout = {
      ...before,
      ...made.value,
      name: input.plan.name,
      state: "draft",
      authors: [...new Set([...before.authors, actorId(ctx)])],
      updatedAt: ctx.now,
      version: before.version + 1,
    };
    await updateRollout(tx, rollout);
    await appendAudit(tx, ctx, {
      action: "rollout.edit",
      subject: { kind: "rollout", id: rollout.id },
      detail: detailOf(rollout),
    });
    return ok(rollout);
  });
}
