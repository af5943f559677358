import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { ProcessHandle } from "@paceline/workflow";

import { presentStage } from "../../domain/index.ts";
import type { PlanEvent, PlanRun } from "../../domain/index.ts";
import type { RunningPlans } from "../dependencies.ts";
import type { GuardedRuns, WatchedRun } from "../guards/dependencies.ts";
import { actorId } from "./actor.ts";
import type { StagePort } from "./dependencies.ts";
import { listMoving, setExecution } from "./repository.ts";
import type { Rollout } from "./repository.ts";

export type PlanRuns = ProcessHandle<PlanRun, PlanEvent>;

/** What a rollback does with the plan that moves its flag. */
export function runningPlans(runs: PlanRuns): RunningPlans {
  return {
    async hold(ctx, { flagKey, environment }) {
      const place = { workspaceId: ctx.workspaceId, environment, flagKey };
      const [moving] = await listMoving(ctx.db, place);
      if (moving === undefined) return null;
      const run = await runs.lock(ctx, moving.id);
      const isMoving =
        run !== null && ["running", "holding", "paused"].some((state) => state === run.state);
      return isMoving ? moving.id : null;
    },
    async takenBack(ctx, runId, { id, reason }) {
      await setExecution(ctx.db, runId, id);
      await runs.deliver(ctx, runId, { kind: "taken-back", by: actorId(ctx), reason });
    },
  };
}

function watchedOf(rollout: Rollout, run: PlanRun): WatchedRun | null {
  const stage = presentStage(run);
  if (stage === null || run.startedAt === null || run.enteredAt === null) return null;
  const { plan, workspaceId, id } = rollout;
  const { flagKey, environment, ruleId, guards, stages } = plan;
  const startedAt = new Date(run.startedAt);
  return {
    run: { workspaceId, runId: id, flagKey, environment, ruleId, guards, stages, startedAt },
    stage: {
      id: stage.id,
      exposureShare: stage.exposureShare,
      enteredAt: new Date(run.enteredAt),
    },
    sample: stage.hold.sample,
  };
}

/** The rollout plans, as far as their guards are concerned. */
export function guardedPlans(
  runs: PlanRuns,
  serviceContext: (workspaceId: string) => CommandContext,
): GuardedRuns {
  /** In which stage each run was when it was listed, and hence read. */
  const listedIn = new Map<string, string>();
  return {
    async list(db) {
      const watched: WatchedRun[] = [];
      listedIn.clear();
      for (const rollout of await listMoving(db, null)) {
        const { guards, stages } = rollout.plan;
        if (guards.length === 0 && stages.every(({ hold }) => hold.sample === null)) continue;
        const run = await runs.read({ ...serviceContext(rollout.workspaceId), db }, rollout.id);
        const one = run === null ? null : watchedOf(rollout, run);
        if (one === null) continue;
        watched.push(one);
        listedIn.set(rollout.id, one.stage.id);
      }
      return watched;
    },
    async deliver(ctx, runId, { readings, exposedUnits }) {
      const stage = listedIn.get(runId);
      const place = stage === undefined ? {} : { stage };
      await runs.deliver(ctx, runId, { kind: "guards-read", ...place, readings, exposedUnits });
    },
  };
}

/**
 * Pauses the plans whose flag somebody has taken back: no lock stands in the way of a way back, and the
 * next stage must not undo it.
 */
export async function noticeMovedFlags(
  runs: PlanRuns,
  stages: StagePort,
  ctx: CommandContext,
  environment: string,
  flagKeys: readonly string[],
): Promise<void> {
  const moving = await listMoving(ctx.db, { workspaceId: ctx.workspaceId, environment });
  for (const { id, plan } of moving.filter((one) => flagKeys.includes(one.plan.flagKey))) {
    await inTransaction(ctx.db, async (tx) => {
      const inner = { ...ctx, db: tx };
      await runs.lock(inner, id);
      const [present] = (
        await listMoving(tx, { workspaceId: ctx.workspaceId, environment })
      ).filter((one) => one.id === id);
      const rule = await stages.find(inner, plan);
      const revision = rule === null || rule === "no-rule" ? null : rule.revision;
      if (present === undefined || present.revision === revision) return;
      const reason =
        revision === null
          ? `${plan.flagKey} is not in force in ${environment} any more.`
          : `Somebody took ${plan.flagKey} back in ${environment}: revision ${revision} is in force. Roll back or abort; a new rollout can begin from there.`;
      await runs.deliver(inner, id, { kind: "flag-moved", reason });
    });
  }
}
