import type { Condition } from "@paceline/flags/domain";

import type { Descent } from "./descent.ts";
import { durationMs } from "./duration.ts";
import type { GuardReading } from "./guard.ts";
import type { PlanState, RolloutPlan, Stage } from "./plan.ts";
import { windowState } from "./window.ts";

/** One yes to going on from a stage. */
export interface StageApproval {
  readonly stage: string;
  readonly by: string;
  readonly role: string;
  /** ISO instant. */
  readonly at: string;
}

/** Where a started plan stands. The plan in it is a copy made at the start and never changes. */
export interface PlanRun {
  readonly plan: RolloutPlan;
  /** Who wrote, armed or started it: their yes does not count. */
  readonly authors: readonly string[];
  readonly state: Exclude<PlanState, "draft">;
  /** Index of the stage that is published; null before the first. */
  readonly stage: number | null;
  /** ISO instant at which the stage was published. */
  readonly enteredAt: string | null;
  /** ISO instant from which its time counts: not `enteredAt` after a pause, or when it came late. */
  readonly clockAt: string | null;
  readonly startedAt: string | null;
  readonly pausedAt: string | null;
  /** Why it holds, is paused or has ended; null while it runs. */
  readonly reason: string | null;
  readonly approvals: readonly StageApproval[];
  /** Newest readings in the present stage; empty until its guards have been read. */
  readonly readings: readonly GuardReading[];
  /** Exposed units of the present stage, as last counted; null while unknown. */
  readonly exposedUnits: number | null;
  /** Whether somebody has let the present stage's time off. */
  readonly timeLetOff: boolean;
  /** The rollback that is on its way down, step by step; absent or null otherwise. */
  readonly descent?: Descent | null;
}

/** What may happen to a plan that has begun; `by` names who did it. */
export type PlanEvent =
  | { readonly kind: "start"; readonly by: string }
  | {
      readonly kind: "approve";
      readonly stage: string;
      readonly by: string;
      readonly role: string;
    }
  | { readonly kind: "pause"; readonly by: string; readonly reason: string }
  | { readonly kind: "resume"; readonly by: string }
  | { readonly kind: "advance-now"; readonly by: string; readonly reason: string }
  | { readonly kind: "abort"; readonly by: string; readonly reason: string }
  /** Take the flag back, and end with it: at once, or with so many seconds between the steps. */
  | {
      readonly kind: "roll-back";
      readonly by: string;
      readonly reason: string;
      readonly stepSeconds?: number;
      /** What its target exposes of the rule; no step goes below it. */
      readonly leastShare?: number;
    }
  /** The flag has been taken back in this transaction, by a rollback that was made elsewhere. */
  | { readonly kind: "taken-back"; readonly by: string; readonly reason: string }
  | {
      readonly kind: "guards-read";
      /** The stage in which they were read; what was read in another one says nothing about this. */
      readonly stage?: string;
      readonly readings: readonly GuardReading[];
      readonly exposedUnits: number | null;
      /** Between the steps of a rollback for harm that they find; without it that is instant. */
      readonly stepSeconds?: number;
      readonly leastShare?: number;
    }
  /** Something else than this plan has changed what is in force: a way back, which nothing locks. */
  | { readonly kind: "flag-moved"; readonly reason: string };

/** What keeps a plan from its next stage, or from completing. */
export type Blocker =
  | { readonly kind: "time"; readonly until: string }
  | { readonly kind: "sample"; readonly wanted: number; readonly seen: number | null }
  | { readonly kind: "approval"; readonly by: string }
  /** `unread`: nothing has been said in this stage yet, which is missing data. */
  | {
      readonly kind: "guard";
      readonly guardId: string;
      readonly verdict: "hold" | "no-data" | "unread";
      readonly reason: string;
    }
  | { readonly kind: "window"; readonly reason: string; readonly until: string | null };

/** A plan that is armed and waits for its start. */
export function armedRun(plan: RolloutPlan, authors: readonly string[]): PlanRun {
  return {
    plan,
    authors,
    state: "armed",
    stage: null,
    enteredAt: null,
    clockAt: null,
    startedAt: null,
    pausedAt: null,
    reason: null,
    approvals: [],
    readings: [],
    exposedUnits: null,
    timeLetOff: false,
  };
}

/** The stage that is published, or null before the first. */
export function presentStage({ plan, stage }: PlanRun): Stage | null {
  return stage === null ? null : (plan.stages[stage] ?? null);
}

/** The condition that a stage publishes: the last one that a stage up to it sets; null for none. */
export function conditionAt(plan: RolloutPlan, stage: number): Condition | null {
  return plan.stages.slice(0, stage + 1).findLast(({ when }) => when !== null)?.when ?? null;
}

/** When the present stage's time is over; null if it has none or it was let off. */
export function timeOverAt(run: PlanRun): Date | null {
  const time = presentStage(run)?.hold.time ?? null;
  if (time === null || run.clockAt === null || run.timeLetOff) return null;
  return new Date(Date.parse(run.clockAt) + (durationMs(time) ?? 0));
}

function guardBlockers(run: PlanRun, { hold }: Stage): readonly Blocker[] {
  return run.plan.guards.flatMap(({ id, name, action }): readonly Blocker[] => {
    if (action === "warn") return [];
    const reading = run.readings.find(({ guardId }) => guardId === id);
    if (reading === undefined) {
      if (!hold.guards) return [];
      const reason = `${name} has not been read in this stage yet`;
      return [{ kind: "guard", guardId: id, verdict: "unread", reason }];
    }
    const { verdict, reason } = reading;
    if (verdict !== "hold" && verdict !== "no-data") return [];
    return [{ kind: "guard", guardId: id, verdict, reason: `${name}: ${reason}` }];
  });
}

function holdBlockers(run: PlanRun, { id, hold }: Stage, now: Date): readonly Blocker[] {
  const blockers: Blocker[] = [];
  const over = timeOverAt(run);
  if (over !== null && over > now) blockers.push({ kind: "time", until: over.toISOString() });
  const { exposedUnits, approvals } = run;
  if (hold.sample !== null && (exposedUnits === null || exposedUnits < hold.sample)) {
    blockers.push({ kind: "sample", wanted: hold.sample, seen: exposedUnits });
  }
  if (hold.approval !== null && !approvals.some(({ stage }) => stage === id)) {
    blockers.push({ kind: "approval", by: hold.approval.by });
  }
  return blockers;
}

/** Everything that keeps a plan where it is; empty when it may go on now. */
export function blockersOf(run: PlanRun, now: Date): readonly Blocker[] {
  const stage = presentStage(run);
  const own =
    stage === null ? [] : [...holdBlockers(run, stage, now), ...guardBlockers(run, stage)];
  const isLast = run.stage !== null && run.stage >= run.plan.stages.length - 1;
  if (isLast) return own;
  const { isOpen, reason, changesAt } = windowState(run.plan.windows, now);
  if (isOpen) return own;
  const until = changesAt?.toISOString() ?? null;
  return [...own, { kind: "window", reason: reason ?? "", until }];
}

/** Whether a stage lets time alone decide, so that several of them may be made up for at once. */
export function isTimeOnly({ plan }: PlanRun, { hold }: Stage): boolean {
  return (
    plan.guards.length === 0 &&
    plan.windows.length === 0 &&
    hold.sample === null &&
    hold.approval === null &&
    !hold.guards
  );
}

/** Whether a plan is on its way down; it can only get there sooner. */
export function isDescending(run: PlanRun): boolean {
  return run.state === "rolling-back" && (run.descent ?? null) !== null;
}

/** Why an event is not for a plan as it stands, in words; null if it is. */
export function refusalOfEvent(run: PlanRun, event: PlanEvent, now: Date): string | null {
  const { state } = run;
  const isMoving = state === "running" || state === "holding";
  switch (event.kind) {
    case "start":
      return state === "armed" ? null : `it is ${state}`;
    case "approve": {
      const stage = presentStage(run);
      if (!isMoving && state !== "paused") return `it is ${state}`;
      if (stage?.id !== event.stage) return `it is not at the stage ${event.stage}`;
      if (stage.hold.approval === null) return "the stage needs no approval";
      if (stage.hold.approval.by !== event.role) {
        return `the stage needs the yes of a member with the role ${stage.hold.approval.by}`;
      }
      return run.authors.includes(event.by)
        ? "whoever wrote, armed or started a rollout cannot approve it"
        : null;
    }
    case "pause":
      return isMoving ? null : `it is ${state}`;
    case "resume":
      if (state !== "paused") return `it is ${state}`;
      return (run.descent ?? null) === null ? null : "it is on its way back; roll it back now";
    case "advance-now": {
      if (!isMoving) return `it is ${state}`;
      const others = blockersOf(run, now).filter(({ kind }) => kind !== "time");
      if (others.length > 0)
        return `only time can be let off: ${others.map(blockerWords).join("; ")}`;
      return timeOverAt(run) === null ? "the stage has no time to let off" : null;
    }
    case "abort":
      return isMoving || state === "paused" || state === "armed" ? null : `it is ${state}`;
    case "roll-back":
      if (isDescending(run) && event.stepSeconds !== undefined) {
        return "it is going back step by step already; instant takes it back at once";
      }
      return isMoving || state === "paused" || isDescending(run) ? null : `it is ${state}`;
    case "taken-back":
    case "guards-read":
    case "flag-moved":
      return isMoving || state === "paused" || isDescending(run) ? null : `it is ${state}`;
  }
}

/** A blocker as a clause. */
export function blockerWords(blocker: Blocker): string {
  switch (blocker.kind) {
    case "time":
      return `its time is not over before ${blocker.until}`;
    case "sample":
      return `${blocker.seen ?? "an unknown number"} of ${blocker.wanted} units have been exposed`;
    case "approval":
      return `the yes of a member with the role ${blocker.by} is missing`;
    case "guard":
    case "window":
      return blocker.reason;
  }
}
