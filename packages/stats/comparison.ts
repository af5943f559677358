import { isComputable } from "./not-computable.ts";
import type { NotComputable } from "./not-computable.ts";
import { tTail, tTailQuantile } from "./student-t.ts";

/** `greater`: the treatment is larger. */
export type Alternative = "two-sided" | "greater" | "less";

/** `relative`: the difference as a share of the control's absolute value. */
export type Scale = "absolute" | "relative";

/** What one arm says about a metric: its value, and the variance of one unit's contribution to it. */
export interface ArmEstimate {
  readonly n: number;
  readonly value: number;
  readonly variance: number;
}

/** How two arms are compared: two-sided and absolute unless said otherwise. */
export interface ComparisonOptions {
  /** 1 - confidence of the interval. */
  readonly alpha: number;
  readonly alternative?: Alternative;
  readonly scale?: Scale;
}

/** An effect, treatment b minus control a, and how sure it is. */
export interface Effect {
  readonly effect: number;
  readonly se: number;
  /** Welch's degrees of freedom. */
  readonly df: number;
}

/**
 * Arm b against arm a. `effect` is on the scale that was asked for; the values are the means of the
 * arms, `p` is that of the alternative.
 */
export interface Comparison extends Effect {
  readonly valueA: number;
  readonly valueB: number;
  readonly t: number;
  readonly p: number;
  /** One-sided alternatives leave the other end infinite. */
  readonly interval: readonly [number, number];
  /** Relative effects of positive values only: the interval on the log scale, never below -1. */
  readonly logInterval: readonly [number, number] | null;
}

/** P value of a statistic with Student's distribution. */
export function tTestP(t: number, df: number, alternative: Alternative): number {
  switch (alternative) {
    case "two-sided":
      return Math.min(1, 2 * tTail(Math.abs(t), df));
    case "greater":
      return tTail(t, df);
    case "less":
      return tTail(-t, df);
  }
}

/** The interval that belongs to an alternative; `quantile(tail)` is the critical value for that tail. */
export function intervalAround(
  centre: number,
  se: number,
  alternative: Alternative,
  alpha: number,
  quantile: (tail: number) => number,
): readonly [number, number] {
  const halfwidth = quantile(alternative === "two-sided" ? alpha / 2 : alpha) * se;
  return [
    alternative === "less" ? -Infinity : centre - halfwidth,
    alternative === "greater" ? Infinity : centre + halfwidth,
  ];
}

/** Welch's effect, standard error and degrees of freedom; relative effects by the delta method. */
export function effectOf(
  a: ArmEstimate,
  b: ArmEstimate,
  scale: Scale = "absolute",
): Effect | NotComputable {
  if (a.n < 2 || b.n < 2) return { undefined: "n_below_2" };
  const shareA = a.variance / a.n;
  const shareB = b.variance / b.n;
  const variance = shareA + shareB;
  if (!(variance > 0)) return { undefined: "zero_variance" };
  const df = welchDf(shareA, shareB, a.n, b.n);
  const difference = b.value - a.value;
  if (scale === "absolute") return { effect: difference, se: Math.sqrt(variance), df };
  if (a.value === 0) return { undefined: "zero_baseline" };
  const ratio = b.value / a.value;
  const se = Math.sqrt(shareB + ratio * ratio * shareA) / Math.abs(a.value);
  if (!(se > 0)) return { undefined: "zero_variance" };
  return { effect: difference / Math.abs(a.value), se, df };
}

/** Satterthwaite's degrees of freedom of the sum of two variances of means. */
export function welchDf(shareA: number, shareB: number, nA: number, nB: number): number {
  const sum = shareA + shareB;
  return 1 / ((shareA / sum) ** 2 / (nA - 1) + (shareB / sum) ** 2 / (nB - 1));
}

/** Log of the ratio of two positive values, by the delta method; null where a value is not positive. */
export function logEffectOf(a: ArmEstimate, b: ArmEstimate): Effect | NotComputable | null {
  if (a.n < 2 || b.n < 2) return { undefined: "n_below_2" };
  if (!(a.value > 0 && b.value > 0)) return null;
  const shareA = a.variance / a.n / a.value ** 2;
  const shareB = b.variance / b.n / b.value ** 2;
  const variance = shareA + shareB;
  if (!(variance > 0)) return { undefined: "zero_variance" };
  return {
    effect: Math.log(b.value / a.value),
    se: Math.sqrt(variance),
    df: welchDf(shareA, shareB, a.n, b.n),
  };
}

function logIntervalOf(
  a: ArmEstimate,
  b: ArmEstimate,
  alternative: Alternative,
  alpha: number,
): readonly [number, number] | null {
  const found = logEffectOf(a, b);
  if (found === null || !isComputable(found)) return null;
  const { effect, se, df } = found;
  const [low, high] = intervalAround(effect, se, alternative, alpha, (p) => tTailQuantile(p, df));
  return [low === -Infinity ? -Infinity : Math.expm1(low), Math.expm1(high)];
}

/** The test and the interval of an effect that is already known. */
export function compareEffect(
  found: Effect,
  valueA: number,
  valueB: number,
  { alpha, alternative = "two-sided" }: ComparisonOptions,
): Comparison {
  const { effect, se, df } = found;
  const t = effect / se;
  return {
    effect,
    se,
    df,
    valueA,
    valueB,
    t,
    p: tTestP(t, df, alternative),
    interval: intervalAround(effect, se, alternative, alpha, (p) => tTailQuantile(p, df)),
    logInterval: null,
  };
}

/** Welch's t test of treatment b against control a. */
export function compareArms(
  a: ArmEstimate,
  b: ArmEstimate,
  options: ComparisonOptions,
): Comparison | NotComputable {
  const { alpha, alternative = "two-sided", scale = "absolute" } = options;
  const found = effectOf(a, b, scale);
  if (!isComputable(found)) return found;
  const comparison = compareEffect(found, a.value, b.value, options);
  if (scale === "absolute") return comparison;
  return { ...comparison, logInterval: logIntervalOf(a, b, alternative, alpha) };
}
