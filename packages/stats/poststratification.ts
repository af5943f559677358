import { compareEffect, welchDf } from "./comparison.ts";
import type { Comparison, ComparisonOptions } from "./comparison.ts";
import type { NotComputable } from "./not-computable.ts";
import { EMPTY_SUMMARY, mergeSummaries, varianceOf } from "./summary.ts";
import type { Summary } from "./summary.ts";

/** One stratum, known before the exposure, in both arms. */
export interface Stratum {
  readonly a: Summary;
  readonly b: Summary;
}

type Weighted = Stratum & { readonly weight: number };

function sumOver(strata: readonly Weighted[], term: (stratum: Weighted) => number): number {
  return strata.reduce((sum, stratum) => sum + term(stratum), 0);
}

/** Effect of arms whose strata are weighted alike, with the sampling error of the weights. */
export function comparePoststratified(
  given: readonly Stratum[],
  options: ComparisonOptions,
): Comparison | NotComputable {
  const total = given.reduce((sum, { a, b }) => sum + a.n + b.n, 0);
  const occupied = given.filter(({ a, b }) => a.n + b.n > 0);
  if (occupied.length === 0 || occupied.some(({ a, b }) => a.n < 2 || b.n < 2)) {
    return { undefined: "n_below_2" };
  }
  const strata = occupied.map((stratum) => ({
    ...stratum,
    weight: (stratum.a.n + stratum.b.n) / total,
  }));
  const valueA = sumOver(strata, ({ a, weight }) => weight * a.mean);
  const valueB = sumOver(strata, ({ b, weight }) => weight * b.mean);
  const relative = options.scale === "relative";
  if (relative && valueA === 0) return { undefined: "zero_baseline" };
  const ratio = relative ? valueB / valueA : 1;
  const scale = relative ? Math.abs(valueA) : 1;
  const variance = sumOver(strata, ({ a, b, weight }) => {
    const within = varianceOf(b) / b.n + (ratio * ratio * varianceOf(a)) / a.n;
    const between = b.mean - valueB - ratio * (a.mean - valueA);
    return weight * weight * within + (weight * between * between) / total;
  });
  if (!(variance > 0)) return { undefined: "zero_variance" };
  const allA = strata.reduce((all, { a }) => mergeSummaries(all, a), EMPTY_SUMMARY);
  const allB = strata.reduce((all, { b }) => mergeSummaries(all, b), EMPTY_SUMMARY);
  const df = welchDf(varianceOf(allA) / allA.n, varianceOf(allB) / allB.n, allA.n, allB.n);
  const effect = { effect: (valueB - valueA) / scale, se: Math.sqrt(variance) / scale, df };
  return compareEffect(effect, valueA, valueB, options);
}
