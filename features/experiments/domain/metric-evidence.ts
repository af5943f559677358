import {
  compareArms,
  effectOf,
  isComputable,
  meanEstimate,
  newcombeInterval,
  normalTail,
  proportionEstimate,
  ratioEstimate,
  tTailQuantile,
} from "@paceline/stats";
import type { ArmEstimate, NotComputable as StatsNotComputable } from "@paceline/stats";

import type { ArmMetric, ArmSummary, Effect, NotComputable } from "./analysis-types.ts";
import type { Direction, Scale } from "./criterion.ts";
import type { Statistic } from "./metric.ts";

/** Below this many conversions or non-conversions in an arm Welch's interval is replaced by Newcombe's. */
const FEW_CONVERSIONS = 25;

const NO_UNITS: ArmMetric = { n: 0, mean: 0, m2: 0, denominator: null };

/** What two arms say about one metric; `control` and `treatment` hold the reason where there is none. */
export interface MetricEvidence {
  readonly statistic: Statistic;
  readonly control: ArmEstimate | StatsNotComputable;
  readonly treatment: ArmEstimate | StatsNotComputable;
  readonly controlUnits: number;
  readonly treatmentUnits: number;
}

function estimate(arm: ArmMetric, statistic: Statistic): ArmEstimate | StatsNotComputable {
  const { n, mean, m2, denominator } = arm;
  switch (statistic) {
    case "proportion":
      return proportionEstimate(n, Math.round(n * mean));
    case "mean":
      return meanEstimate({ n, mean, m2 });
    case "ratio":
      if (denominator === null) return { undefined: "zero_denominator" };
      return ratioEstimate({
        n,
        x: { mean, m2 },
        y: { mean: denominator.mean, m2: denominator.m2 },
        comoment: denominator.comoment,
      });
  }
}

/** Reads the sufficient statistics of two arms; an arm without any is an arm without units. */
export function evidenceOf(
  statistic: Statistic,
  control: ArmMetric | undefined,
  treatment: ArmMetric | undefined,
): MetricEvidence {
  return {
    statistic,
    control: estimate(control ?? NO_UNITS, statistic),
    treatment: estimate(treatment ?? NO_UNITS, statistic),
    controlUnits: control?.n ?? 0,
    treatmentUnits: treatment?.n ?? 0,
  };
}

/** An arm as it is shown. */
export function armSummary(found: ArmEstimate | StatsNotComputable, n: number): ArmSummary {
  if (n === 0 || !isComputable(found)) return { n, value: Number.NaN, variance: Number.NaN };
  return { n: found.n, value: found.value, variance: found.variance };
}

/**
 * The ordinary fixed-sample answer: Welch's test and interval of treatment minus control, on the
 * relative scale by the delta method. Anybody can check it from the raw file; it decides nothing.
 *
 * @param confidence of the two-sided interval, 0 to 1
 */
export function fixedSampleEffect(
  { control, treatment }: MetricEvidence,
  scale: Scale,
  confidence: number,
): Effect | NotComputable {
  if (!isComputable(control)) return control;
  if (!isComputable(treatment)) return treatment;
  const found = compareArms(control, treatment, { alpha: 1 - confidence, scale });
  if (!isComputable(found)) return found;
  return { effect: found.effect, interval: found.interval, p: found.p };
}

function isRare({ n, value }: ArmEstimate): boolean {
  const conversions = Math.round(n * value);
  return conversions < FEW_CONVERSIONS || n - conversions < FEW_CONVERSIONS;
}

/**
 * Interval of the effect with a critical value for each end, as looks need it. Small samples use the
 * Student quantile of the same tail in place of z; rare proportions on the absolute scale use
 * Newcombe's interval, which is sound even where nobody converted.
 *
 * @param zLower critical value of the lower end, as a normal deviate; Infinity leaves it open
 */
export function intervalAt(
  { statistic, control, treatment }: MetricEvidence,
  scale: Scale,
  zLower: number,
  zUpper: number,
): { readonly effect: number; readonly interval: readonly [number, number] } | NotComputable {
  if (!isComputable(control)) return control;
  if (!isComputable(treatment)) return treatment;
  if (control.n < 2 || treatment.n < 2) return { undefined: "n_below_2" };
  const rare = statistic === "proportion" && (isRare(control) || isRare(treatment));
  if (rare && scale === "absolute") {
    const a = { n: control.n, x: Math.round(control.n * control.value) };
    const b = { n: treatment.n, x: Math.round(treatment.n * treatment.value) };
    const end = (z: number, side: 0 | 1): number =>
      Number.isFinite(z) ? newcombeInterval(a, b, z)[side] : side === 0 ? -Infinity : Infinity;
    return {
      effect: treatment.value - control.value,
      interval: [end(zLower, 0), end(zUpper, 1)],
    };
  }
  const found = effectOf(control, treatment, scale);
  if (!isComputable(found)) return found;
  const { effect, se, df } = found;
  const critical = (z: number): number =>
    Number.isFinite(z) ? tTailQuantile(normalTail(z), df) : Infinity;
  return { effect, interval: [effect - critical(zLower) * se, effect + critical(zUpper) * se] };
}

/** Turns an interval so that larger is better. */
export function oriented(
  [lower, upper]: readonly [number, number],
  direction: Direction,
): { readonly lower: number; readonly upper: number } {
  return direction === "increase" ? { lower, upper } : { lower: -upper, upper: -lower };
}
