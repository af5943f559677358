/** How each method of the reference cases is answered by `@paceline/stats`. */
import * as stats from "@paceline/stats";

import { countsOf, estimateOf, optionsOf, scaleOf, shownComparison } from "./statistics-arms.ts";
import type { CaseInput } from "./statistics-input.ts";
import * as more from "./statistics-more-methods.ts";

type Method = (input: CaseInput) => unknown;

function ratioOf(arm: CaseInput): stats.ArmEstimate | stats.NotComputable {
  const pair = stats.pairSummaryFromSums({
    n: arm.number("n"),
    sumX: arm.number("sum_m"),
    sumXX: arm.number("sumsq_m"),
    sumY: arm.number("sum_d"),
    sumYY: arm.number("sumsq_d"),
    sumXY: arm.number("sum_md"),
  });
  return stats.ratioEstimate(pair);
}

function proportion(input: CaseInput): unknown {
  const a = countsOf(input.object("a"));
  const b = countsOf(input.object("b"));
  const result = stats.compareProportions(a, b, optionsOf(input));
  if (!stats.isComputable(result)) return result;
  return {
    p_a: result.pA,
    p_b: result.pB,
    wilson_a: result.wilsonA,
    wilson_b: result.wilsonB,
    newcombe: result.newcombe,
    pooled_z: result.pooled?.z ?? null,
    pooled_p: result.pooled?.p ?? null,
    fisher_p: result.fisherP,
    welch: shownComparison(result.welch),
    katz_rel_ci: result.katz,
  };
}

function ratio(input: CaseInput): unknown {
  const a = ratioOf(input.object("a"));
  const b = ratioOf(input.object("b"));
  if (!stats.isComputable(a)) return a;
  if (!stats.isComputable(b)) return b;
  return shownComparison(stats.compareArms(a, b, optionsOf(input)));
}

function noninferiority(input: CaseInput): unknown {
  const result = stats.nonInferiority(
    estimateOf(input.object("a")),
    estimateOf(input.object("b")),
    {
      margin: input.number("margin"),
      higherIsBetter: input.flag("higher_is_better", true),
      alpha: input.number("alpha", 0.05),
      scale: scaleOf(input),
    },
  );
  if (!stats.isComputable(result)) return result;
  const { orientedEffect, ...rest } = result;
  return { oriented_effect: orientedEffect, ...rest };
}

function confidenceSequence(input: CaseInput): unknown {
  const result = stats.confidenceSequence({
    effect: input.number("effect"),
    se: input.number("se"),
    n: input.number("n"),
    alpha: input.number("alpha"),
    tunedTo: input.number("nstar"),
    sides: input.sides(),
  });
  if (!stats.isComputable(result)) return result;
  return {
    rho: result.rho,
    halfwidth: result.halfwidth,
    ci: [result.lower, result.upper],
    lower: result.lower,
    upper: result.upper,
    p: result.p,
    log_e: result.logEvidence,
  };
}

function groupSequential(input: CaseInput): unknown {
  const spending = stats.parseSpending(input.text("spending"));
  if (spending === undefined) throw new Error(`unknown spending ${input.text("spending")}`);
  const looks = stats.groupSequentialDesign({
    informationFractions: input.numbers("information_fractions"),
    alpha: input.number("alpha"),
    sides: input.sides(),
    spending,
  });
  return {
    z: looks.map(({ z }) => z),
    cumulative_alpha: looks.map((look) => look.cumulativeAlpha),
    nominal_p: looks.map(({ nominalP }) => nominalP),
  };
}

function intervalOf(input: CaseInput): stats.OrientedInterval {
  return { lower: input.number("lo"), upper: input.number("hi") };
}

function verdict(input: CaseInput): unknown {
  const judgement = stats.judge({
    primary: intervalOf(input.object("primary")),
    successAtLeast: input.number("delta"),
    guardrails: input
      .objects("guardrails")
      .map((guardrail) => ({ ...intervalOf(guardrail), margin: guardrail.number("margin") })),
    srmP: input.has("srm_p") ? input.number("srm_p") : null,
    srmAlpha: input.number("srm_alpha", 0.001),
    crossExposure: input.number("contamination", 0),
    maxCrossExposure: input.number("max_contamination", 0.01),
    minimumsMet: input.flag("gates_met"),
    timeboxOver: input.flag("timebox_expired"),
    iteration: input.number("iteration", 1),
    maxIterations: input.number("max_iterations", 2),
  });
  return {
    verdict: judgement.verdict,
    reasons: judgement.reasons,
    escalate_to_marathon: judgement.escalateToMarathon,
  };
}

type Curve = (...args: readonly [number, number, number]) => number;

const CURVES: Readonly<Record<string, Curve>> = {
  norm_cdf: stats.normalCdf,
  norm_sf: stats.normalTail,
  norm_pdf: stats.normalDensity,
  norm_ppf: stats.normalQuantile,
  norm_isf: stats.normalTailQuantile,
  erfc: stats.erfc,
  t_cdf: stats.tCdf,
  t_sf: stats.tTail,
  t_ppf: stats.tQuantile,
  t_isf: stats.tTailQuantile,
  chi2_cdf: stats.chiSquareCdf,
  chi2_sf: stats.chiSquareTail,
  chi2_ppf: stats.chiSquareQuantile,
  chi2_isf: stats.chiSquareTailQuantile,
  beta_cdf: stats.betaCdf,
  beta_sf: stats.betaTail,
  beta_ppf: stats.betaQuantile,
  binom_cdf: stats.binomialCdf,
  binom_sf: stats.binomialTail,
  gammaln: stats.logGamma,
  lgamma: stats.logGamma,
};

function distribution(input: CaseInput): unknown {
  const name = input.text("f");
  const curve = CURVES[name];
  if (curve === undefined) throw new Error(`unknown distribution function ${name}`);
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = input.numbers("args");
  return { value: curve(first, second, third) };
}

function shownSize(size: stats.SampleSize): unknown {
  return { n_a_exact: size.exactA, n_a: size.a, n_b: size.b };
}

function targetOf(input: CaseInput): stats.PowerTarget {
  return { alpha: input.number("alpha"), power: input.number("power"), sides: input.sides() };
}

function sampleSizeForProportion(input: CaseInput): unknown {
  return shownSize(
    stats.sampleSizeForProportion({
      ...targetOf(input),
      p1: input.number("p1"),
      p2: input.number("p2"),
      ratio: input.number("ratio", 1),
      variance: input.text("variance", "unpooled") === "pooled" ? "pooled" : "unpooled",
    }),
  );
}

function multiplicity(input: CaseInput): unknown {
  const { bonferroni, holm, hochberg, ...rates } = stats.adjustP(input.numbers("p"));
  return {
    bonferroni,
    holm,
    hochberg,
    benjamini_hochberg: rates.benjaminiHochberg,
    benjamini_yekutieli: rates.benjaminiYekutieli,
  };
}

function srm(input: CaseInput): unknown {
  return stats.sampleRatio(input.numbers("counts"), input.numbers("weights"));
}

/** By method name; what is not here is not built. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    "mean",
    (input) =>
      shownComparison(
        stats.compareArms(
          estimateOf(input.object("a")),
          estimateOf(input.object("b")),
          optionsOf(input),
        ),
      ),
  ],
  ["proportion", proportion],
  ["ratio", ratio],
  ["srm", srm],
  ["noninferiority", noninferiority],
  ["conf_sequence", confidenceSequence],
  ["group_sequential", groupSequential],
  ["verdict", verdict],
  ["distribution", distribution],
  ["multiplicity", multiplicity],
  ["sample_size_proportion", sampleSizeForProportion],
  [
    "sample_size_mean",
    (input) =>
      shownSize(
        stats.sampleSizeForMean({
          ...targetOf(input),
          sd: input.number("sd"),
          delta: input.number("delta"),
          ratio: input.number("ratio", 1),
        }),
      ),
  ],
  [
    "sample_size_noninferiority",
    (input) =>
      shownSize(
        stats.sampleSizeForNonInferiority({
          alpha: input.number("alpha"),
          power: input.number("power"),
          sides: input.number("sides", 1) === 2 ? 2 : 1,
          p1: input.number("p1"),
          p2: input.number("p2"),
          margin: input.number("margin"),
          ratio: input.number("ratio", 1),
        }),
      ),
  ],
  [
    "mde_mean",
    (input) => ({
      mde: stats.minimumDetectableEffect({
        ...targetOf(input),
        sd: input.number("sd"),
        nA: input.number("n_a"),
        nB: input.number("n_b"),
      }),
    }),
  ],
  [
    "power_at",
    (input) => ({
      power: stats.powerAt({
        se: input.number("se"),
        delta: input.number("delta"),
        alpha: input.number("alpha"),
        sides: input.sides(),
      }),
    }),
  ],
  ["cuped", more.cuped],
  ["poststrat", more.poststratified],
  ["quantile", more.quantile],
  ["msprt", more.mixture],
  ["srm_sequential", more.sequentialSampleRatio],
  ["tost", more.equivalence],
  ["bayes_normal", more.normalBelief],
  ["bayes_beta_binomial", more.betaBelief],
  ["bandit", more.bandit],
  ["power_sequential_at", more.sequentialPower],
]);
