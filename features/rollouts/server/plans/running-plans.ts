import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import type { ProcessHandle } from "@paceline/workflow";

import type { DescentBegun } from "../../api.ts";
import { isDescending, LOCKING_STATES, presentStage } from "../../domain/index.ts";
import type { DescentPace, PlanEvent, PlanRun } from "../../domain/index.ts";
import type { RunningPlans } from "../dependencies.ts";
import type { GuardedRuns, WatchedRun } from "../guards/dependencies.ts";
import { actorId } from "./actor.ts";
import type { StagePort } from "./dependencies.ts";
import { descendAlone } from "./lone-descent.ts";
import type { NoDescent } from "./lone-descent.ts";
import { leastShareOf, paceOf } from "./pace.ts";
import { findRollout, listMoving, setExecution } from "./repository.ts";
import type { Rollout } from "./repository.ts";

export type PlanRuns = ProcessHandle<PlanRun, PlanEvent>;

interface Place {
  readonly flagKey: string;
  readonly environment: string;
}

/** Whether a run moves its flag still, up or down. */
function isMoved(run: PlanRun): boolean {
  return LOCKING_STATES.some((state) => state === run.state) || isDescending(run);
}

function begun(rolloutId: string, { descent }: PlanRun): Result<DescentBegun, NoDescent> {
  if (!descent) return err({ kind: "instant" });
  const { done, ahead, endsAt } = descent;
  return ok({ rolloutId, done: [...done], ahead: [...ahead], endsAt });
}

/** A flag that others begin to move again and again is taken back at once. */
const ATTEMPTS = 3;

/** What a rollback does with the plan that moves its flag, and with a flag that none moves. */
export function runningPlans(runs: PlanRuns, stages: StagePort): RunningPlans {
  const held = async (
    ctx: CommandContext,
    { flagKey, environment }: Place,
  ): Promise<{ readonly id: string; readonly run: PlanRun } | null> => {
    const place = { workspaceId: ctx.workspaceId, environment, flagKey };
    for (const { id } of await listMoving(ctx.db, place)) {
      const run = await runs.lock(ctx, id);
      if (run !== null && isMoved(run)) return { id, run };
    }
    return null;
  };
  const descend = (
    ctx: CommandContext,
    place: Place,
    { reason, stepSeconds }: { readonly reason: string; readonly stepSeconds: number },
  ): Promise<Result<DescentBegun, NoDescent>> =>
    inTransaction<Result<DescentBegun, NoDescent>>(ctx.db, async (tx) => {
      const inner = { ...ctx, db: tx };
      const moving = await held(inner, place);
      if (moving === null) {
        const wanted = { ...place, reason, stepSeconds };
        const alone = await descendAlone(stages, runs, inner, wanted);
        return alone.ok ? begun(alone.value.id, alone.value.run) : alone;
      }
      const { id, run } = moving;
      if (isDescending(run)) return begun(id, run);
      const leastShare = await leastShareOf(stages, inner, run.plan);
      const pace = { stepSeconds, leastShare };
      const event = { kind: "roll-back", by: actorId(ctx), reason, ...pace } as const;
      const foreseen = await runs.preview(inner, id, event, "insist");
      if (!foreseen.ok || !isDescending(foreseen.value.state)) return err({ kind: "instant" });
      const told = await runs.deliver(inner, id, event, "insist");
      return told.ok ? begun(id, told.value) : err({ kind: "instant" });
    });
  return {
    async hold(ctx, place) {
      const moving = await held(ctx, place);
      return moving && { id: moving.id, steps: moving.run.descent?.done ?? [] };
    },
    async descend(ctx, { flagKey, environment }, wanted) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const done = await descend(ctx, { flagKey, environment }, wanted);
        if (done.ok) return done.value;
        if (done.error.kind === "instant") return null;
      }
      return null;
    },
    async takenBack(ctx, runId, { id, reason }) {
      await setExecution(ctx.db, runId, id);
      await runs.deliver(ctx, runId, { kind: "taken-back", by: actorId(ctx), reason }, "insist");
    },
  };
}

function watchedOf(rollout: Rollout, run: PlanRun): WatchedRun | null {
  const stage = presentStage(run);
  if (!isMoved(run) || stage === null || run.startedAt === null || run.enteredAt === null)
    return null;
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

/** How a rollback by a guard goes, as the way back of the flag says; nothing if it is instant. */
async function automaticPace(
  stages: StagePort,
  ctx: CommandContext,
  runId: string,
): Promise<Partial<DescentPace>> {
  const rollout = await findRollout(ctx.db, ctx.workspaceId, runId);
  return rollout === null ? {} : ((await paceOf(stages, ctx, rollout.plan, "automatic")) ?? {});
}

/** The rollout plans, as far as their guards are concerned. */
export function guardedPlans(
  runs: PlanRuns,
  stages: StagePort,
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
      const isHarm = readings.some(({ verdict }) => verdict === "roll-back");
      const pace = isHarm ? await automaticPace(stages, ctx, runId) : {};
      const read = { kind: "guards-read", ...place, ...pace, readings, exposedUnits } as const;
      await runs.deliver(ctx, runId, read);
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
