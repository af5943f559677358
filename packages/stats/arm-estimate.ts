import type { ArmEstimate } from "./comparison.ts";
import type { NotComputable } from "./not-computable.ts";
import { varianceOf } from "./summary.ts";
import type { PairSummary, Summary } from "./summary.ts";

/** An arm's mean with the unbiased variance. */
export function meanEstimate(summary: Summary): ArmEstimate {
  return { n: summary.n, value: summary.mean, variance: varianceOf(summary) };
}

/** An arm's proportion with the binomial variance p (1 - p). */
export function proportionEstimate(units: number, conversions: number): ArmEstimate {
  const value = units === 0 ? 0 : conversions / units;
  return { n: units, value, variance: value * (1 - value) };
}

/** An arm's ratio of means, numerator x over denominator y, with its delta method variance. */
export function ratioEstimate(summary: PairSummary): ArmEstimate | NotComputable {
  const { n, x, y, comoment } = summary;
  if (n < 2) return { undefined: "n_below_2" };
  if (y.mean === 0) return { undefined: "zero_denominator" };
  const value = x.mean / y.mean;
  const m2 = x.m2 - 2 * value * comoment + value * value * y.m2;
  const noise = 8 * Number.EPSILON * (x.m2 + value * value * y.m2);
  return { n, value, variance: m2 <= noise ? 0 : m2 / (n - 1) / (y.mean * y.mean) };
}
