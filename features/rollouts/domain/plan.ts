import type { Condition } from "@paceline/flags/domain";

import type { Guard } from "./guard.ts";

/**
 * - `draft`        being written; nothing is checked and nothing is served
 * - `armed`        complete, its way back defined; waits for somebody to start it
 * - `running`      publishes stages as soon as what holds them is met
 * - `holding`      a guard, a closed window or missing data keeps it where it is; goes on by itself
 * - `paused`       a person, or a refusal, has stopped it; goes on when somebody says so
 * - `completed`    the last stage was reached and its holds were met
 * - `rolling-back` the way back is published; not yet seen in effect
 * - `rolled-back`  the way back is in effect
 * - `aborted`      ended where it was: what is served stays
 */
export const PLAN_STATES = [
  "draft",
  "armed",
  "running",
  "holding",
  "paused",
  "completed",
  "rolling-back",
  "rolled-back",
  "aborted",
] as const;
export type PlanState = (typeof PLAN_STATES)[number];

/** States in which a plan holds the lock of its flag. */
export const LOCKING_STATES = ["running", "holding", "paused"] as const;

/** States that nothing leaves. */
export const ENDED_STATES = ["completed", "rolled-back", "aborted"] as const;

/** What must be met before the next stage; what is null or false does not hold. All of them must be met. */
export interface Hold {
  /** ISO 8601 duration since the stage was published. */
  readonly time: string | null;
  /** Exposed units of the stage. */
  readonly sample: number | null;
  /** One yes of a member with this role who neither wrote, armed nor started the plan. */
  readonly approval: { readonly by: string } | null;
  /**
   * Whether every guard must have been read in the stage. Guards are read in every stage, and one that
   * says hold, or finds no data, holds in any case.
   */
  readonly guards: boolean;
}

/** One step of a plan: what is served, and until when. */
export interface Stage {
  readonly id: string;
  readonly name: string;
  /** 0 to 1; never less than that of the stage before. */
  readonly exposureShare: number;
  /** Replaces the rule's condition from this stage on; null leaves it as it is. */
  readonly when: Condition | null;
  readonly hold: Hold;
}

/**
 * When stages may begin. Where `open` windows are given, only inside one of them; never inside a `freeze`.
 * A closed window holds: it changes nothing that is served.
 */
export interface PlanWindow {
  readonly kind: "open" | "freeze";
  readonly name: string;
  /** Local date and time of the first occurrence, `2026-11-30T09:00`. */
  readonly startsAt: string;
  /** IANA name, `Europe/Berlin`. */
  readonly timeZone: string;
  /** ISO 8601 duration of each occurrence. */
  readonly lasts: string;
  /** RFC 5545 recurrence rule without its `RRULE:`, or null for one occurrence. */
  readonly recurrence: string | null;
}

/** A staged rollout of one rule of a flag in one environment. */
export interface RolloutPlan {
  readonly flagKey: string;
  readonly environment: string;
  readonly ruleId: string;
  readonly stages: readonly Stage[];
  readonly guards: readonly Guard[];
  readonly initiativeId: string | null;
  readonly windows: readonly PlanWindow[];
  /** The template that it was made from, or null. */
  readonly template: string | null;
}

/** A plan as it is stored, with where it stands. */
export interface StoredPlan extends RolloutPlan {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly state: PlanState;
  /** Index of the stage that is published, or null before the first. */
  readonly stage: number | null;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly version: number;
}
