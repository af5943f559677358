import { chiSquareTail } from "./distributions.ts";
import type { NotComputable } from "./not-computable.ts";

/** Pearson's test of the observed split against the planned one. */
export interface SampleRatio {
  readonly chi2: number;
  readonly df: number;
  readonly p: number;
  readonly expected: readonly number[];
}

/**
 * Sample ratio mismatch. Arms of weight 0 that saw nobody take no part; units in such an arm are a
 * fault of the assignment itself and have no p value.
 */
export function sampleRatio(
  counts: readonly number[],
  weights: readonly number[],
): SampleRatio | NotComputable {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return { undefined: "no_units" };
  const weight = weights.reduce((sum, share) => sum + share, 0);
  if (!(weight > 0)) return { undefined: "no_weights" };
  const expected = counts.map((_, arm) => (total * (weights[arm] ?? 0)) / weight);
  let chi2 = 0;
  let planned = 0;
  for (const [arm, count] of counts.entries()) {
    const share = expected[arm] ?? 0;
    if (share > 0) {
      planned += 1;
      chi2 += (count - share) ** 2 / share;
    } else if (count > 0) return { undefined: "units_in_zero_weight_arm" };
  }
  const df = planned - 1;
  return { chi2, df, p: df === 0 ? 1 : chiSquareTail(chi2, df), expected };
}
