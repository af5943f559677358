/** How the methods that never decide alone are answered by `@paceline/stats`. */
import * as stats from "@paceline/stats";

import { estimateOf, optionsOf, scaleOf, shownComparison, summaryOf } from "./statistics-arms.ts";
import type { CaseInput } from "./statistics-input.ts";

function covariatePairOf(arm: CaseInput): stats.PairSummary {
  return stats.pairSummaryFromSums({
    n: arm.number("n"),
    sumX: arm.number("sum_y"),
    sumXX: arm.number("sumsq_y"),
    sumY: arm.number("sum_x"),
    sumYY: arm.number("sumsq_x"),
    sumXY: arm.number("sum_xy"),
  });
}

export function cuped(input: CaseInput): unknown {
  const a = covariatePairOf(input.object("a"));
  const b = covariatePairOf(input.object("b"));
  const result = stats.compareAdjusted(a, b, optionsOf(input));
  if (!stats.isComputable(result)) return result;
  return {
    ...shownComparison(result),
    theta: result.theta,
    unadjusted_effect: result.unadjustedEffect,
    variance_reduction: result.varianceReduction,
  };
}

export function poststratified(input: CaseInput): unknown {
  const strata = input
    .objects("strata")
    .map((stratum) => ({ a: summaryOf(stratum.object("a")), b: summaryOf(stratum.object("b")) }));
  return shownComparison(stats.comparePoststratified(strata, optionsOf(input)));
}

function quantileOf(arm: CaseInput): stats.ArmEstimate | stats.NotComputable {
  const summary = {
    n: arm.number("n"),
    nu: arm.number("nu"),
    quantile: arm.number("quantile"),
    lower: arm.number("lower"),
    upper: arm.number("upper"),
  };
  if (!arm.has("clusters")) return stats.quantileEstimate(summary);
  const clusters = stats.pairSummaryFromSums({
    n: arm.number("clusters"),
    sumX: arm.number("sum_s"),
    sumXX: arm.number("sumsq_s"),
    sumY: arm.number("sum_n"),
    sumYY: arm.number("sumsq_n"),
    sumXY: arm.number("sum_sn"),
  });
  return stats.quantileEstimate({ ...summary, clusters });
}

export function quantile(input: CaseInput): unknown {
  const a = quantileOf(input.object("a"));
  const b = quantileOf(input.object("b"));
  if (!stats.isComputable(a)) return a;
  if (!stats.isComputable(b)) return b;
  return shownComparison(stats.compareArms(a, b, optionsOf(input)));
}

export function mixture(input: CaseInput): unknown {
  const result = stats.mixtureTest({
    effect: input.number("effect"),
    se: input.number("se"),
    tau: input.number("tau"),
    alpha: input.number("alpha"),
  });
  if (!stats.isComputable(result)) return result;
  return { log_lambda: result.logLambda, p: result.p, ci: result.interval };
}

export function sequentialSampleRatio(input: CaseInput): unknown {
  const looks = stats.sequentialSampleRatio(
    input.numberRows("increments"),
    input.numbers("weights"),
    input.number("concentration", 10_000),
  );
  if (!stats.isComputable(looks)) return looks;
  return {
    looks: looks.map(({ logBayesFactor, p }) => ({ log_bf: logBayesFactor, p })),
    p: looks.map(({ p }) => p),
  };
}

export function equivalence(input: CaseInput): unknown {
  const result = stats.equivalence(estimateOf(input.object("a")), estimateOf(input.object("b")), {
    bound: input.number("bound"),
    alpha: input.number("alpha"),
    scale: scaleOf(input),
  });
  if (!stats.isComputable(result)) return result;
  return {
    effect: result.effect,
    p_lower: result.pLower,
    p_upper: result.pUpper,
    p: result.p,
    ci90: result.interval,
    equivalent: result.equivalent,
  };
}

function shownBelief(belief: stats.Belief): Record<string, unknown> {
  return {
    chance_to_win: belief.chanceToWin,
    expected_loss_choose_treatment: belief.expectedLossChooseTreatment,
    expected_loss_choose_control: belief.expectedLossChooseControl,
  };
}

export function normalBelief(input: CaseInput): unknown {
  const a = estimateOf(input.object("a"));
  const scale = scaleOf(input);
  const found = stats.effectOf(a, estimateOf(input.object("b")), scale);
  if (!stats.isComputable(found)) return found;
  const [mean = 0, sd = 1] = input.has("prior_relative") ? input.numbers("prior_relative") : [];
  const unit = scale === "absolute" ? Math.abs(a.value) : 1;
  const belief = stats.normalBelief({
    effect: found.effect,
    se: found.se,
    prior: input.has("prior_relative") ? { mean: mean * unit, sd: sd * unit } : null,
    lowerIsBetter: input.flag("inverse", false),
    alpha: input.number("alpha", 0.05),
  });
  return {
    ...shownBelief(belief),
    posterior_mean: belief.mean,
    posterior_sd: belief.sd,
    ci: belief.interval,
  };
}

export function betaBelief(input: CaseInput): unknown {
  const [up = 1, down = 1] = input.has("prior") ? input.numbers("prior") : [];
  const posterior = (arm: CaseInput) => ({
    a: up + arm.number("x"),
    b: down + arm.number("n") - arm.number("x"),
  });
  const a = posterior(input.object("a"));
  const b = posterior(input.object("b"));
  return {
    ...shownBelief(stats.betaBelief(a, b)),
    posterior_mean_a: a.a / (a.a + a.b),
    posterior_mean_b: b.a / (b.a + b.b),
  };
}

export function bandit(input: CaseInput): unknown {
  const sds = input.numbers("sds");
  const arms = input.numbers("means").map((mean, at) => ({ mean, sd: sds[at] ?? 0 }));
  const best = stats.bestArmProbabilities(arms, input.flag("inverse", false));
  return {
    best_arm_probability: best,
    weights: stats.banditWeights(best, input.number("floor", 0)),
  };
}

export function sequentialPower(input: CaseInput): unknown {
  return stats.confidenceSequencePower({
    se: input.number("se"),
    delta: input.number("delta"),
    n: input.number("n"),
    alpha: input.number("alpha"),
    tunedTo: input.number("nstar"),
  });
}
