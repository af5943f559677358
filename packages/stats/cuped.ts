import { compareArms, compareEffect } from "./comparison.ts";
import type { Comparison, ComparisonOptions } from "./comparison.ts";
import { isComputable } from "./not-computable.ts";
import type { NotComputable } from "./not-computable.ts";
import { mergePairSummaries, varianceOf } from "./summary.ts";
import type { PairSummary } from "./summary.ts";

/** A comparison after adjustment by a covariate of before the experiment (CUPED; Deng and others 2013). */
export interface AdjustedComparison extends Comparison {
  /** Slope of the metric on the covariate, over both arms together. */
  readonly theta: number;
  readonly unadjustedEffect: number;
  /** Share of the variance that the adjustment took away. */
  readonly varianceReduction: number;
}

/** Variance of an arm's mean after the adjustment, and its covariance with the mean before it. */
function adjusted({ n, x, y, comoment }: PairSummary, theta: number) {
  const per = n * (n - 1);
  return {
    value: x.mean - theta * y.mean,
    variance: Math.max(0, x.m2 - 2 * theta * comoment + theta * theta * y.m2) / (n - 1),
    covariance: (x.m2 - theta * comoment) / per,
    plain: x.m2 / per,
  };
}

/**
 * CUPED: x is the metric, y the same units' covariate from before the exposure. On the relative
 * scale the effect is a share of the control's unadjusted mean.
 */
export function compareAdjusted(
  a: PairSummary,
  b: PairSummary,
  options: ComparisonOptions,
): AdjustedComparison | NotComputable {
  if (a.n < 2 || b.n < 2) return { undefined: "n_below_2" };
  const pooled = mergePairSummaries(a, b);
  const theta = pooled.y.m2 > 0 ? pooled.comoment / pooled.y.m2 : 0;
  const fitA = adjusted(a, theta);
  const fitB = adjusted(b, theta);
  const armA = { n: a.n, value: fitA.value, variance: fitA.variance };
  const armB = { n: b.n, value: fitB.value, variance: fitB.variance };
  const absolute = compareArms(armA, armB, { ...options, scale: "absolute" });
  if (!isComputable(absolute)) return absolute;
  const before = varianceOf({ n: a.n, ...a.x }) / a.n + varianceOf({ n: b.n, ...b.x }) / b.n;
  const extra = {
    theta,
    unadjustedEffect: b.x.mean - a.x.mean,
    varianceReduction: before > 0 ? 1 - absolute.se ** 2 / before : 0,
  };
  if (options.scale !== "relative") return { ...absolute, ...extra };
  if (a.x.mean === 0) return { undefined: "zero_baseline" };
  const baseline = Math.abs(a.x.mean);
  const change = (b.x.mean - a.x.mean) / a.x.mean;
  const variance = absolute.se ** 2 + change ** 2 * fitA.plain + 2 * change * fitA.covariance;
  if (!(variance > 0)) return { undefined: "zero_variance" };
  const effect = {
    effect: absolute.effect / baseline,
    se: Math.sqrt(variance) / baseline,
    df: absolute.df,
  };
  return { ...compareEffect(effect, fitA.value, fitB.value, options), ...extra };
}
