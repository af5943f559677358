/** Reads arms and options of reference cases, and shows comparisons by the names used there. */
import * as stats from "@paceline/stats";

import type { CaseInput } from "./statistics-input.ts";

function alternativeOf(input: CaseInput): stats.Alternative {
  const text = input.text("alternative", "two-sided");
  if (text === "two-sided" || text === "greater" || text === "less") return text;
  throw new Error(`unknown alternative ${text}`);
}

export function scaleOf(input: CaseInput): stats.Scale {
  const text = input.text("scale", "absolute");
  if (text === "absolute" || text === "relative") return text;
  throw new Error(`unknown scale ${text}`);
}

export function optionsOf(input: CaseInput): stats.ComparisonOptions {
  return {
    alpha: input.number("alpha", 0.05),
    alternative: alternativeOf(input),
    scale: scaleOf(input),
  };
}

export function summaryOf(arm: CaseInput): stats.Summary {
  return stats.summaryFromSums(arm.number("n"), arm.number("sum"), arm.number("sumsq"));
}

export function countsOf(arm: CaseInput): stats.ArmCounts {
  return { n: arm.number("n"), x: arm.number("x") };
}

/** A mean from sums, or a proportion from counts. */
export function estimateOf(arm: CaseInput): stats.ArmEstimate {
  return arm.has("x")
    ? stats.proportionEstimate(arm.number("n"), arm.number("x"))
    : stats.meanEstimate(summaryOf(arm));
}

export function shownComparison(result: stats.Comparison | stats.NotComputable): object {
  if (!stats.isComputable(result)) return result;
  return {
    mean_a: result.valueA,
    mean_b: result.valueB,
    effect: result.effect,
    se: result.se,
    df: result.df,
    t: result.t,
    p: result.p,
    ci: result.interval,
    ...(result.logInterval === null ? {} : { ci_log: result.logInterval }),
  };
}
