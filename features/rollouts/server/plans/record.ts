import { appendAudit } from "@paceline/audit/server";
import type { Json, JsonObject } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { textOf } from "@paceline/workflow";
import type { Advanced } from "@paceline/workflow";

import { ENDED_STATES } from "../../domain/index.ts";
import type { PlanRun } from "../../domain/index.ts";
import { toJson } from "./plan-state.ts";
import { lockRollout, updateRollout } from "./repository.ts";

/** Events that are somebody's act, whatever comes of them. */
const ACTS = [
  "start",
  "approve",
  "pause",
  "resume",
  "advance-now",
  "abort",
  "roll-back",
  "taken-back",
];

function isEnded(run: PlanRun): boolean {
  return ENDED_STATES.some((state) => state === run.state);
}

function shareOf({ plan, stage }: PlanRun): number | null {
  return stage === null ? null : (plan.stages[stage]?.exposureShare ?? null);
}

function placeOf(run: PlanRun | null): { readonly state: string; readonly stage: string | null } {
  const state = run?.state ?? "armed";
  const stage = run === null || run.stage === null ? null : run.plan.stages[run.stage];
  return { state, stage: stage?.id ?? null };
}

function readingsOf(before: PlanRun | null, event: JsonObject): Json {
  const told = event["readings"];
  return told ?? toJson({ list: before?.readings ?? [] })["list"] ?? [];
}

/** Writes where a rollout stands, and the audit entry of what moved it, with the numbers behind it. */
export async function recordPlan(
  ctx: CommandContext,
  { run, before, after, event, results }: Advanced<PlanRun>,
): Promise<void> {
  const rollout = await lockRollout(ctx.db, ctx.workspaceId, run.id);
  if (rollout === null) throw new Error(`the run ${run.id} has no rollout`);
  const startedAt = after.startedAt === null ? null : new Date(after.startedAt);
  await updateRollout(ctx.db, {
    ...rollout,
    state: after.state,
    stage: after.stage,
    reason: after.reason,
    authors: after.authors,
    startedAt,
    endedAt: isEnded(after) ? ctx.now : null,
    updatedAt: ctx.now,
    version: rollout.version + 1,
  });
  const kind = textOf(event["kind"]);
  const hasMoved = before?.state !== after.state || before.stage !== after.stage;
  if (!hasMoved && !ACTS.includes(kind)) return;
  await appendAudit(ctx.db, ctx, {
    action: `rollout.${kind}`,
    subject: { kind: "rollout", id: run.id },
    detail: {
      name: rollout.name,
      flagKey: after.plan.flagKey,
      environment: after.plan.environment,
      from: { ...placeOf(before) },
      to: { ...placeOf(after) },
      exposureShare: shareOf(after),
      reason: after.reason,
      event: kind === "guards-read" ? { kind } : event,
      results: [...results],
      // What the guards said of the stage that is left, or kept.
      readings: readingsOf(before, event),
      exposedUnits: after.exposedUnits,
    },
  });
}
