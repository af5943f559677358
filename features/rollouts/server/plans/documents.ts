import type { CommandContext } from "@paceline/command";

import {
  blockersOf,
  blockerWords,
  isDescending,
  nextStepAt,
  timeOverAt,
} from "../../domain/index.ts";
import type { Blocker, DescentStep, PlanRun } from "../../domain/index.ts";
import type { Foresight, RolloutDocument, RolloutSummary } from "../../plan-api.ts";
import { findDefinition, findExecution } from "../repository.ts";
import type { StagePort } from "./dependencies.ts";
import { paceOf } from "./pace.ts";
import type { Rollout } from "./repository.ts";
import type { PlanRuns } from "./running-plans.ts";

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}

function shareAt({ plan, stage }: Pick<Rollout, "plan" | "stage">): number | null {
  return stage === null ? null : (plan.stages[stage]?.exposureShare ?? null);
}

export function summaryOf(rollout: Rollout): RolloutSummary {
  const { plan } = rollout;
  return {
    id: rollout.id,
    name: rollout.name,
    flagKey: plan.flagKey,
    environment: plan.environment,
    initiativeId: plan.initiativeId,
    state: rollout.state,
    reason: rollout.reason,
    stage: rollout.stage,
    stages: plan.stages.length,
    exposureShare: shareAt(rollout),
    revision: rollout.revision,
    createdBy: rollout.createdBy,
    createdAt: rollout.createdAt.toISOString(),
    updatedAt: rollout.updatedAt.toISOString(),
    startedAt: iso(rollout.startedAt),
    endedAt: iso(rollout.endedAt),
    version: rollout.version,
  };
}

function blockerDocument(blocker: Blocker): RolloutDocument["blockers"][number] {
  const until = "until" in blocker ? blocker.until : null;
  return { kind: blocker.kind, words: blockerWords(blocker), until };
}

function descentOf(run: PlanRun | null): Pick<RolloutDocument, "descent"> {
  if (!run?.descent) return {};
  const { done, ahead, endsAt } = run.descent;
  return { descent: { done: [...done], ahead: [...ahead], endsAt } };
}

/** The way down in words, before where it leads. */
function stepWords(steps: readonly DescentStep[], stepSeconds: number | null): string {
  if (steps.length === 0 || stepSeconds === null) return "";
  const shares = steps.map(({ exposureShare }) => `${Number((exposureShare * 100).toFixed(3))} %`);
  return ` Those who came last leave first: ${shares.join(", ")}, ${stepSeconds} s apart, then the target.`;
}

/** When time alone takes a run further; null where something else keeps it. */
function nextAt(run: PlanRun, blockers: readonly Blocker[]): string | null {
  if (isDescending(run) && run.descent) return iso(nextStepAt(run.descent));
  const moves = run.state === "running" || run.state === "holding";
  const others = blockers.some(({ kind }) => kind !== "time" && kind !== "window");
  if (!moves || others) return null;
  const window = blockers.find(({ kind }) => kind === "window");
  const until = window !== undefined && "until" in window ? window.until : null;
  return iso(timeOverAt(run)) ?? until;
}

/** A rollout with what its run knows, as it stands now. */
export async function documentOf(
  runs: PlanRuns,
  ctx: CommandContext,
  rollout: Rollout,
): Promise<RolloutDocument> {
  const run = await runs.read(ctx, rollout.id);
  const isOver = run === null || rollout.endedAt !== null || run.state === "rolling-back";
  const blockers = isOver ? [] : blockersOf(run, ctx.now);
  const { plan, executionId } = rollout;
  const execution = executionId === null ? null : await findExecution(ctx.db, executionId);
  return {
    ...summaryOf(rollout),
    plan: { ...plan, stages: [...plan.stages], windows: [...plan.windows] },
    authors: [...rollout.authors],
    enteredAt: run?.enteredAt ?? null,
    approvals: [...(run?.approvals ?? [])],
    readings: run?.readings ?? [],
    exposedUnits: run?.exposedUnits ?? null,
    blockers: blockers.map(blockerDocument),
    nextAt: run === null ? null : nextAt(run, blockers),
    executionId,
    ...(execution === null ? {} : { failingTests: [...execution.failingTests] }),
    ...descentOf(run),
  };
}

/** What taking a rollout back now would do, by its own rules; nothing is changed. */
export async function foresightOf(
  { runs, stages }: { readonly runs: PlanRuns; readonly stages: StagePort },
  ctx: CommandContext,
  rollout: Rollout,
): Promise<Foresight> {
  const { environment, flagKey } = rollout.plan;
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  const target = definition?.target ?? { kind: "off" as const };
  const pace = await paceOf(stages, ctx, rollout.plan, null);
  const present = await runs.read(ctx, rollout.id);
  const isInstant = present === null || isDescending(present);
  const event = { kind: "roll-back", by: "", reason: "", ...(isInstant ? null : pace) } as const;
  const foreseen = await runs.preview(ctx, rollout.id, event, "insist");
  const descent = foreseen.ok ? (foreseen.value.state.descent ?? null) : null;
  const steps = descent === null ? [] : [...descent.done, ...descent.ahead];
  const place =
    target.kind === "off" ? "the off variant for everyone" : `revision ${target.revision}`;
  return {
    target,
    targetWords: `${flagKey} in ${environment} goes back to ${place}.${stepWords(steps, pace?.stepSeconds ?? null)}`,
    steps,
    state: foreseen.ok ? foreseen.value.state.state : rollout.state,
    effects: foreseen.ok ? foreseen.value.effects.map(({ name }) => name) : [],
    exposureShare: shareAt(rollout),
  };
}
