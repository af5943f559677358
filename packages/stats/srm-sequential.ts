import { stirlingError } from "./log-gamma.ts";
import type { NotComputable } from "./not-computable.ts";

/** Evidence against the planned split after one more batch of units. */
export interface SequentialRatioLook {
  readonly logBayesFactor: number;
  /** Always valid: the smallest 1 / Bayes factor so far. */
  readonly p: number;
}

/** Log Bayes factor of a Dirichlet-multinomial around the planned split, free of cancellation. */
function logBayesFactor(
  counts: readonly number[],
  shares: readonly number[],
  concentration: number,
): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum =
    stirlingError(concentration) -
    stirlingError(concentration + total) -
    ((counts.length - 1) / 2) * Math.log1p(total / concentration);
  for (const [arm, count] of counts.entries()) {
    const share = shares[arm] ?? 0;
    const prior = concentration * share;
    const excess = (count - share * total) / (share * (concentration + total));
    sum += (prior + count - 0.5) * Math.log1p(excess);
    sum += stirlingError(prior + count) - stirlingError(prior);
  }
  return sum;
}

/** Sequential test of the sample ratio (Lindon and Malek): it may be looked at after every batch. */
export function sequentialSampleRatio(
  increments: readonly (readonly number[])[],
  weights: readonly number[],
  concentration = 10_000,
): readonly SequentialRatioLook[] | NotComputable {
  const weight = weights.reduce((sum, share) => sum + share, 0);
  if (!(weight > 0)) return { undefined: "no_weights" };
  const planned = weights.flatMap((share, arm) => (share > 0 ? [arm] : []));
  const shares = planned.map((arm) => (weights[arm] ?? 0) / weight);
  if (increments.some((batch) => batch.some((count, arm) => count > 0 && !planned.includes(arm)))) {
    return { undefined: "units_in_zero_weight_arm" };
  }
  let counts = planned.map(() => 0);
  let p = 1;
  return increments.map((batch) => {
    counts = counts.map((count, at) => count + (batch[planned[at] ?? 0] ?? 0));
    const evidence = logBayesFactor(counts, shares, concentration);
    p = Math.min(p, Math.exp(-evidence));
    return { logBayesFactor: evidence, p };
  });
}
