import { rolloutComparison } from "@paceline/flags/domain";

import type { Guard } from "./guard.ts";

/** Chance that a whole plan without any harm is rolled back by its guards, over all looks and stages. */
export const PLAN_ALPHA = 0.05;

/** Of each sample ratio test; what is broken there is the assignment, so little proof is not enough. */
export const RATIO_ALPHA = 0.001;

const isRatio = ({ source }: Guard): boolean => source.kind === "sample-ratio";
const isMetric = ({ source }: Guard): boolean => source.kind === "event-metric";

/** In how many comparisons of their own the stages of a plan are judged; at least 1. */
export function comparisonsOf(stages: readonly { readonly exposureShare: number }[]): number {
  const ids = stages.flatMap(({ exposureShare }) => {
    const comparison = rolloutComparison("", exposureShare);
    return comparison === null || comparison.controlParts === 0 ? [] : [comparison.id];
  });
  return Math.max(1, new Set(ids).size);
}

/** The level of each statistical guard of a plan. */
export interface GuardAlpha {
  /** Of the plan: what all guards with the same action and all comparisons share. */
  readonly plan: number;
  readonly ratio: number;
  readonly metric: number;
}

/**
 * Splits the plan's alpha over the guards that do the same (Bonferroni), and over the comparisons in
 * which each is tried. Guards that only warn or hold cost those that roll back nothing.
 */
export function alphaOf(
  guards: readonly Guard[],
  action: Guard["action"],
  comparisons: number,
  plan = PLAN_ALPHA,
): GuardAlpha {
  const same = guards.filter((guard) => guard.action === action);
  const ratios = same.filter(isRatio).length;
  const metrics = same.filter(isMetric).length;
  // Never more than half, however many there are: the metrics must be left something.
  const ratio = ratios === 0 ? RATIO_ALPHA : Math.min(RATIO_ALPHA, plan / 2 / ratios);
  return {
    plan,
    ratio: ratio / comparisons,
    metric: (plan - ratio * ratios) / Math.max(1, metrics) / comparisons,
  };
}
