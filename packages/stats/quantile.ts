import { ratioEstimate } from "./arm-estimate.ts";
import type { ArmEstimate } from "./comparison.ts";
import { normalTailQuantile } from "./normal.ts";
import type { NotComputable } from "./not-computable.ts";
import { isComputable } from "./not-computable.ts";
import type { PairSummary } from "./summary.ts";

/** Three order statistics of an arm: a quantile, and the ends of its 95 % interval by rank. */
export interface QuantileSummary {
  readonly n: number;
  /** Which quantile, 0 to 1. */
  readonly nu: number;
  readonly quantile: number;
  readonly lower: number;
  readonly upper: number;
  /** By unit, where a unit has several values: x of them at or below the quantile, y of them in all. */
  readonly clusters?: PairSummary;
}

/**
 * An arm's quantile for `compareArms` (Deng, Knoblich and Lu): the variance comes from the width of
 * the rank interval, widened by how far the values of one unit hang together.
 */
export function quantileEstimate(summary: QuantileSummary): ArmEstimate | NotComputable {
  const { n, nu, quantile, lower, upper, clusters } = summary;
  if (n < 2) return { undefined: "n_below_2" };
  const deviation = (upper - lower) / (2 * normalTailQuantile(0.025));
  const independent = (n - 1) * deviation * deviation;
  if (clusters === undefined) return { n, value: quantile, variance: independent };
  const share = ratioEstimate(clusters);
  if (!isComputable(share)) return share;
  const design = share.variance / clusters.n / ((nu * (1 - nu)) / n);
  return { n, value: quantile, variance: independent * design };
}
