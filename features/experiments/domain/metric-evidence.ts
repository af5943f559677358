import {
  compareArms,
  effectOf,
  isComputable,
  logEffectOf,
  meanEstimate,
  newcombeInterval,
  normalTail,
  proportionEstimate,
  ratioEstimate,
  tTailQuantile,
} from "@paceline/stats";
import type {
  ArmEstimate,
  Effect as StatsEffect,
  NotComputable as StatsNotComputable,
} from "@paceline/stats";

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

/** An effect and its interval, treatment minus control, on a criterion's scale. */
export interface Interval {
  readonly effect: number;
  readonly interval: readonly [number, number];
}

/** How far an end lies from the effect. `df` are Welch's degrees of freedom; 0 is the lower end. */
export type Reach = (se: number, df: number, end: 0 | 1) => number;

function around({ effect, se, df }: StatsEffect, reach: Reach): Interval {
  return { effect, interval: [effect - reach(se, df, 0), effect + reach(se, df, 1)] };
}

function absoluteInterval(a: ArmEstimate, b: ArmEstimate, reach: Reach): Interval | NotComputable {
  const found = effectOf(a, b, "absolute");
  return isComputable(found) ? around(found, reach) : found;
}

/**
 * The deciding interval of a relative effect is symmetric in the logarithm of the ratio: with few
 * conversions the delta method's symmetric interval takes bad luck for harm (measured with daily looks
 * at 100 units a day and a rate of 2%: 0.115 false rollbacks instead of 0.025; on the log scale 0.021).
 * A treatment at zero has no logarithm: there the absolute interval is divided by control. Values below
 * zero have no ratio, so the delta method remains.
 */
function relativeInterval(
  a: ArmEstimate,
  b: ArmEstimate,
  absolute: Interval | NotComputable,
  reach: Reach,
): Interval | NotComputable {
  if (a.value === 0) return { undefined: "zero_baseline" };
  const log = logEffectOf(a, b);
  if (log !== null) {
    if (!isComputable(log)) return log;
    const { interval } = around(log, reach);
    const [low, high] = interval;
    return { effect: b.value / a.value - 1, interval: [Math.expm1(low), Math.expm1(high)] };
  }
  if (b.value === 0 && a.value > 0) {
    if ("undefined" in absolute) return absolute;
    const [low, high] = absolute.interval;
    return { effect: -1, interval: [Math.max(-1, low / a.value), high / a.value] };
  }
  const found = effectOf(a, b, "relative");
  return isComputable(found) ? around(found, reach) : found;
}

function conversionsIn({ n, value }: ArmEstimate): { readonly n: number; readonly x: number } {
  return { n, x: Math.round(n * value) };
}

/**
 * Interval of the effect for any rule of how far its ends reach.
 *
 * @param reach  half-width of one end from a standard error
 */
export function intervalBy(
  { control, treatment }: MetricEvidence,
  scale: Scale,
  reach: Reach,
): Interval | NotComputable {
  if (!isComputable(control)) return control;
  if (!isComputable(treatment)) return treatment;
  if (control.n < 2 || treatment.n < 2) return { undefined: "n_below_2" };
  const absolute = absoluteInterval(control, treatment, reach);
  return scale === "absolute" ? absolute : relativeInterval(control, treatment, absolute, reach);
}

/**
 * Interval of the effect with a critical value for each end, as looks need it. Small samples use the
 * Student quantile of the same tail in place of z; rare proportions on the absolute scale use
 * Newcombe's interval, which is sound even where nobody converted.
 *
 * @param zLower critical value of the lower end, as a normal deviate; Infinity leaves it open
 */
export function intervalAt(
  evidence: MetricEvidence,
  scale: Scale,
  zLower: number,
  zUpper: number,
): Interval | NotComputable {
  const { statistic, control, treatment } = evidence;
  const reach: Reach = (se, df, end) => {
    const z = end === 0 ? zLower : zUpper;
    return Number.isFinite(z) ? tTailQuantile(normalTail(z), df) * se : Infinity;
  };
  const isProportion =
    statistic === "proportion" && isComputable(control) && isComputable(treatment);
  if (!isProportion || control.n < 2 || treatment.n < 2) return intervalBy(evidence, scale, reach);
  if (!isRare(control) && !isRare(treatment)) return intervalBy(evidence, scale, reach);
  const a = conversionsIn(control);
  const b = conversionsIn(treatment);
  const rare: Interval = {
    effect: treatment.value - control.value,
    interval: [
      Number.isFinite(zLower) ? newcombeInterval(a, b, zLower)[0] : -Infinity,
      Number.isFinite(zUpper) ? newcombeInterval(a, b, zUpper)[1] : Infinity,
    ],
  };
  return scale === "absolute" ? rare : relativeInterval(control, treatment, rare, reach);
}

/** Turns an interval so that larger is better. */
export function oriented(
  [lower, upper]: readonly [number, number],
  direction: Direction,
): { readonly lower: number; readonly upper: number } {
  return direction === "increase" ? { lower, upper } : { lower: -upper, upper: -lower };
}
