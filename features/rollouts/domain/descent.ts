import type { GuardReading } from "./guard.ts";
import type { RolloutPlan } from "./plan.ts";
import { STEP_SECONDS } from "./rollback.ts";

/** A share on the way down; `at` says when it is due, or when it was published. */
export interface DescentStep {
  readonly stage: number;
  readonly exposureShare: number;
  /** ISO instant. */
  readonly at: string;
}

/** A rollback that lets those who came last leave first, on its way to its target. */
export interface Descent {
  readonly trigger: string;
  readonly reason: string;
  /** Who wanted it; null for a guard. */
  readonly by: string | null;
  /** What the guards said when it began. */
  readonly readings: readonly GuardReading[];
  readonly done: readonly DescentStep[];
  readonly ahead: readonly DescentStep[];
  /** ISO instant at which the target follows. */
  readonly endsAt: string;
}

/** How a rollback that is not instant goes down. */
export interface DescentPace {
  /** Between its steps. */
  readonly stepSeconds: number;
  /** What its target exposes of the rule, 0 to 1; 0 by default. No step goes below it, nor stops there. */
  readonly leastShare?: number;
}

/** Why a flag goes back. */
export type DescentCause = Pick<Descent, "trigger" | "reason" | "by" | "readings">;

/**
 * The way down from a stage: the smaller shares of the stages before it in reverse, the first of them
 * now, and then the target. Without any, nothing lies between here and the target. Shares that the target
 * exceeds are left out: to go below it would raise the exposure at the end.
 */
export function descentFrom(
  { stages }: RolloutPlan,
  stage: number | null,
  cause: DescentCause,
  { stepSeconds, leastShare = 0 }: DescentPace,
  now: Date,
): Descent | null {
  const ahead: DescentStep[] = [];
  let share = stage === null ? 0 : (stages[stage]?.exposureShare ?? 0);
  const atStep = (): string =>
    new Date(
      now.getTime() + ahead.length * Math.max(STEP_SECONDS.least, stepSeconds) * 1_000,
    ).toISOString();
  for (let index = (stage ?? 0) - 1; index >= 0; index -= 1) {
    const { exposureShare } = stages[index] ?? { exposureShare: 0 };
    if (exposureShare <= leastShare || exposureShare >= share) continue;
    ahead.push({ stage: index, exposureShare, at: atStep() });
    share = exposureShare;
  }
  return ahead.length === 0 ? null : { ...cause, done: [], ahead, endsAt: atStep() };
}

/**
 * Takes every step that is due; after downtime that is one publication, of the lowest. Null if none is.
 */
export function takeSteps(
  descent: Descent,
  now: Date,
): { readonly descent: Descent; readonly step: DescentStep } | null {
  const due = descent.ahead.filter(({ at }) => Date.parse(at) <= now.getTime());
  const last = due.at(-1);
  if (last === undefined) return null;
  const step = { ...last, at: now.toISOString() };
  const ahead = descent.ahead.slice(due.length);
  return { descent: { ...descent, done: [...descent.done, step], ahead }, step };
}

/** Whether the target is due. */
export function isDescentOver({ endsAt }: Descent, now: Date): boolean {
  return Date.parse(endsAt) <= now.getTime();
}

/** When a descent goes on. */
export function nextStepAt({ ahead, endsAt }: Descent): Date {
  return new Date(ahead[0]?.at ?? endsAt);
}
