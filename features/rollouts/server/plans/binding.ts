import { appendAudit } from "@paceline/audit/server";
import type { JsonObject } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction, notify } from "@paceline/db";
import { isCondition } from "@paceline/flags/domain";
import { err, ok } from "@paceline/result";
import { textOf } from "@paceline/workflow";
import type { AfterEffect, InsideEffect, InsideResult, ProcessBinding } from "@paceline/workflow";

import { advancePlan } from "../../domain/index.ts";
import type { PlanEvent, PlanRun } from "../../domain/index.ts";
import { findExecution, setEffect } from "../repository.ts";
import { takeBack } from "../take-back.ts";
import type { PlanDependencies } from "./dependencies.ts";
import { leastShareOf } from "./pace.ts";
import { readPlanRun, toJson } from "./plan-state.ts";
import { recordPlan } from "./record.ts";
import { findRollout, setExecution, setRevision } from "./repository.ts";
import type { Rollout } from "./repository.ts";
import { checkStart } from "./start-check.ts";

/** Tells every process that a rollout has moved: `<workspace>/<rollout>`. */
export const ROLLOUT_CHANNEL = "rollout_changed";

/** The name of rollouts among the durable processes. */
export const PLAN_PROCESS = "rollout-plan";

/** Stages are published and taken back by the product; who wanted it is in the rollout's own entry. */
function asService(ctx: CommandContext): CommandContext {
  return { ...ctx, actor: { kind: "service", name: "rollouts" } };
}

function refused(reason: string): InsideResult {
  return err({ kind: "refused", reason });
}

async function rolloutOf(ctx: CommandContext, id: string): Promise<Rollout> {
  const rollout = await findRollout(ctx.db, ctx.workspaceId, id);
  if (rollout === null) throw new Error(`the run ${id} has no rollout`);
  return rollout;
}

/** Refuses when something else than this rollout has changed the flag; ways back pass its lock. */
async function movedElsewhere(
  deps: PlanDependencies,
  ctx: CommandContext,
  { plan, revision }: Rollout,
): Promise<string | null> {
  const rule = await deps.stages.find(ctx, plan);
  if (rule === null || rule === "no-rule") {
    return `${plan.flagKey} is not in force in ${plan.environment} any more: somebody took it out.`;
  }
  if (revision === null || rule.revision === revision) return null;
  return `Revision ${rule.revision} of ${plan.flagKey} is in force, not revision ${revision} that this rollout published: somebody took the flag back. Roll back or abort; a new rollout can begin from there.`;
}

function begin(deps: PlanDependencies): InsideEffect {
  return async (ctx, run) => {
    const rollout = await rolloutOf(ctx, run.id);
    const inner = asService(ctx);
    const { id, name, flagId, plan } = rollout;
    const { environment } = plan;
    const locked = await deps.stages.lock(inner, { id, name, flagId, environment });
    if (!locked.ok) return err(locked.error);
    const checked = await checkStart(deps, inner, plan);
    if (!checked.ok) return refused(checked.error.detail);
    await setRevision(ctx.db, id, checked.value.revision);
    return ok({ revision: checked.value.revision });
  };
}

function publish(deps: PlanDependencies): InsideEffect {
  return async (ctx, run, input) => {
    const rollout = await rolloutOf(ctx, run.id);
    const inner = asService(ctx);
    const moved = await movedElsewhere(deps, inner, rollout);
    if (moved !== null) return refused(moved);
    const { when = null } = input;
    // Left out, it would expose more units than the stage says.
    if (when !== null && !isCondition(when)) {
      return refused("The condition of this stage cannot be read. Abort, and start it anew.");
    }
    const published = await deps.stages.publish(inner, {
      ...rollout.plan,
      exposureShare: Number(input["exposureShare"]),
      planId: rollout.id,
      ...(when === null ? {} : { when }),
    });
    if (!published.ok) return err(published.error);
    await setRevision(ctx.db, rollout.id, published.value);
    return ok({ revision: published.value });
  };
}

function lower(deps: PlanDependencies): InsideEffect {
  return async (ctx, run, input) => {
    const rollout = await rolloutOf(ctx, run.id);
    const inner = asService(ctx);
    const moved = await movedElsewhere(deps, inner, rollout);
    if (moved !== null) return refused(moved);
    const exposureShare = Number(input["exposureShare"]);
    const least = await leastShareOf(deps.stages, inner, rollout.plan);
    // Somebody may have defined another way back since the steps were planned.
    if (exposureShare < least) return refused("its target exposes more than this step");
    const lowered = await deps.stages.lower(inner, { ...rollout.plan, exposureShare });
    if (!lowered.ok) return err(lowered.error);
    await setRevision(ctx.db, rollout.id, lowered.value);
    return ok({ revision: lowered.value, exposureShare });
  };
}

function check(deps: PlanDependencies): InsideEffect {
  return async (ctx, run) => {
    const moved = await movedElsewhere(deps, asService(ctx), await rolloutOf(ctx, run.id));
    return moved === null ? ok({}) : refused(moved);
  };
}

/** The shares that a rollback step by step has published on its way, and who wanted it. */
function stepsOf({ steps, by }: JsonObject): JsonObject {
  return steps === undefined ? {} : { steps, by: by ?? null };
}

function goBack(deps: PlanDependencies): InsideEffect {
  return async (ctx, run, input) => {
    const { plan, id } = await rolloutOf(ctx, run.id);
    const trigger = textOf(input["trigger"]);
    // By hand it is the person's own act, which needs no other permission.
    const taken = await takeBack(deps, trigger === "manual" ? ctx : asService(ctx), {
      flagKey: plan.flagKey,
      environment: plan.environment,
      trigger,
      isEnding: true,
      reason: textOf(input["reason"]),
      experimentId: null,
      numbers: { rollout: id, readings: input["readings"] ?? [], ...stepsOf(input) },
      verdict: "rollback",
    });
    if (!taken.ok) return refused(`The flag cannot be taken back: ${taken.error.kind}.`);
    const { execution } = taken.value;
    await setExecution(ctx.db, id, execution.id);
    return ok({ executionId: execution.id, toRevision: execution.toRevision });
  };
}

function end(deps: PlanDependencies): InsideEffect {
  return async (ctx, run, { outcome }) => {
    const { plan, id } = await rolloutOf(ctx, run.id);
    const inner = asService(ctx);
    await deps.stages.unlock(inner, id);
    if (outcome === "aborted") return ok({});
    const isShipped = outcome === "completed";
    const full = plan.stages.at(-1)?.exposureShare === 1;
    if (isShipped && full) {
      await deps.stages.conclude(inner, plan.flagKey);
    }
    const { initiativeId } = plan;
    if (initiativeId !== null && (full || !isShipped)) {
      const verdict = isShipped ? "ship" : "rollback";
      await deps.concludeInitiative(inner, { initiativeId, planId: id, verdict });
    }
    return ok({});
  };
}

/** Waits until this process serves the target, and keeps how long that took. */
function verify(deps: PlanDependencies): AfterEffect {
  return async (ctx, { run }) => {
    const rollout = await rolloutOf(ctx, run.id);
    const { executionId, plan, flagId } = rollout;
    const execution = executionId === null ? null : await findExecution(ctx.db, executionId);
    if (execution === null) throw new Error(`the rollout ${rollout.id} has no rollback to verify`);
    const { flagKey, environment } = plan;
    const { toRevision } = execution;
    await deps.flags.effective(ctx.workspaceId, environment, flagKey, toRevision);
    if (execution.effectMs !== null) return ok({ effectMs: execution.effectMs });
    const effectMs = Math.max(0, deps.now().getTime() - execution.startedAt.getTime());
    await inTransaction(ctx.db, async (tx) => {
      await setEffect(tx, execution.id, effectMs);
      await appendAudit(tx, ctx, {
        action: "rollback.verify",
        subject: { kind: "flag", id: flagId },
        detail: { key: flagKey, environment, toRevision, effectMs, executionId: execution.id },
      });
    });
    return ok({ effectMs });
  };
}

/** Tells people of a way back that did not work; what became of it is in the run and in the audit log. */
function page(deps: PlanDependencies): AfterEffect {
  return async (ctx, { run, input }) => {
    const { plan } = await rolloutOf(ctx, run.id);
    const where = `${plan.flagKey} in ${plan.environment}`;
    deps.page(run.id, `${where} is not taken back: ${textOf(input["reason"])}`);
    return ok({});
  };
}

/** A rollout plan as a durable process: its rules, and what its effects do. */
export function planBinding(deps: PlanDependencies): ProcessBinding<PlanRun, PlanEvent> {
  return {
    process: {
      name: PLAN_PROCESS,
      version: 1,
      advance: advancePlan,
      readState: readPlanRun,
      writeState: toJson,
    },
    inside: {
      begin: begin(deps),
      publish: publish(deps),
      check: check(deps),
      lower: lower(deps),
      "take-back": goBack(deps),
      end: end(deps),
    },
    after: { verify: verify(deps), page: page(deps) },
    async record(ctx, advanced) {
      // A reading that changed nothing is in the run's state; there is nothing to tell.
      if (advanced.quiet) return;
      await recordPlan(ctx, advanced);
      await notify(ctx.db, ROLLOUT_CHANNEL, `${ctx.workspaceId}/${advanced.run.id}`);
    },
  };
}
