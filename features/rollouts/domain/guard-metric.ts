import { amount, evidenceOf, metricWords } from "@paceline/experiments/domain";
import type { ArmMetric, MetricEvidence, Statistic } from "@paceline/experiments/domain";
import { harmBound, harmDesign, isComputable } from "@paceline/stats";
import type { ArmEstimate, HarmDesign } from "@paceline/stats";

import { broken, noData, pass } from "./guard-judged.ts";
import type { Judged } from "./guard-judged.ts";
import { NO_UNITS } from "./guard-statistics.ts";
import type { GuardStatistics } from "./guard-statistics.ts";
import type { EventMetricSource, GuardAction } from "./guard.ts";

/** How sure harm of twice the margin is found by a quarter of the planned sample; 0.95 is promised, and ticks and skew take some. */
export const GUARD_POWER = 0.97;

const designs = new Map<number, HarmDesign>();

/** The design of a level; it is asked for at every reading, so it is kept. */
export function guardDesign(alpha: number): HarmDesign {
  const known = designs.get(alpha);
  if (known !== undefined) return known;
  const made = harmDesign(alpha, GUARD_POWER);
  if (designs.size > 1_000) designs.clear();
  designs.set(alpha, made);
  return made;
}

interface Arms {
  readonly control: ArmEstimate;
  readonly exposed: ArmEstimate;
}

/**
 * Standard error of the difference while there is none. Proportions are pooled, which is what no harm
 * says of them and holds where one arm has no conversions; means keep the variance of each arm.
 */
function standardError(statistic: Statistic, { control, exposed }: Arms): number {
  if (statistic !== "proportion") {
    return Math.sqrt(control.variance / control.n + exposed.variance / exposed.n);
  }
  const n = control.n + exposed.n;
  const pooled = (control.value * control.n + exposed.value * exposed.n) / n;
  return Math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / exposed.n));
}

interface Harm {
  /** Positive where the exposed units are worse, in the metric's own unit. */
  readonly harm: number;
  readonly se: number;
  /** The accepted harm in the metric's own unit. */
  readonly margin: number;
  /** Critical value, in standard errors. */
  readonly bound: number;
  readonly design: HarmDesign;
}

function harmOf(source: EventMetricSource, statistic: Statistic, arms: Arms, alpha: number): Harm {
  const { control, exposed } = arms;
  const difference = exposed.value - control.value;
  // A control at zero has no share of itself: any harm is beyond the margin, which then is the
  // exposed arm's share and sets the pace of the test alone.
  const base = Math.abs(control.value === 0 ? exposed.value : control.value);
  const margin = source.scale === "relative" ? source.margin * base : source.margin;
  const se = standardError(statistic, arms);
  const design = guardDesign(alpha);
  return {
    harm: source.direction === "increase" ? -difference : difference,
    se,
    margin,
    bound: harmBound(design, margin, se),
    design,
  };
}

function numbersOf(source: EventMetricSource, arms: Arms, found: Harm, planAlpha: number) {
  const { harm, se, margin, bound, design } = found;
  const { control, exposed } = arms;
  const end = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    metric: source.metric,
    exposed: { units: exposed.n, value: exposed.value },
    control: { units: control.n, value: control.value },
    harm,
    interval: [end(harm - bound * se), end(harm + bound * se)],
    margin,
    z: harm / se,
    bound: end(bound),
    alpha: design.alpha,
    planAlpha,
    /** 1 where harm of the margin would have been found. */
    plannedShare: (margin / se / design.drift) ** 2,
  };
}

/** Both arms, or why nothing can be said of them. */
function armsOf(source: EventMetricSource, evidence: MetricEvidence): Arms | Judged {
  const { control, exposed, minimum } = {
    control: evidence.control,
    exposed: evidence.treatment,
    minimum: source.minimumUnits,
  };
  const units = { exposed: evidence.treatmentUnits, control: evidence.controlUnits };
  if (Math.min(units.exposed, units.control) < minimum) {
    const reason = `${metricWords(source.metric)} has ${units.exposed} exposed and ${units.control} held-back units; it is read from ${minimum} in each.`;
    return noData(reason, { metric: source.metric, units });
  }
  if (!isComputable(control) || !isComputable(exposed)) {
    const reason = `${metricWords(source.metric)} cannot be computed: its denominator is zero.`;
    return noData(reason, { metric: source.metric, units });
  }
  return { control, exposed };
}

function withoutVariance(source: EventMetricSource, { control, exposed }: Arms): Judged {
  const numbers = {
    metric: source.metric,
    exposed: { units: exposed.n, value: exposed.value },
    control: { units: control.n, value: control.value },
  };
  const isClean = source.direction === "decrease" && control.value === 0 && exposed.value === 0;
  return isClean
    ? pass(`${metricWords(source.metric)}: none in ${exposed.n} exposed units.`, numbers)
    : noData(`${metricWords(source.metric)} is the same for every unit, so far.`, numbers);
}

export interface MetricGuardInput {
  readonly source: EventMetricSource;
  readonly action: GuardAction;
  readonly statistic: Statistic;
  readonly statistics: GuardStatistics;
  /** Of this guard, and of the whole plan. */
  readonly alpha: number;
  readonly planAlpha: number;
}

/**
 * Whether the exposed units are worse than those held back at the same time. Two things must be so:
 * harm is proven at every moment at once, so that looking all the time raises no false alarm, and the
 * best estimate of it is beyond what is accepted, so that proven trifles stay.
 */
export function judgeMetric(input: MetricGuardInput): Judged {
  const { source, statistic, statistics, alpha, planAlpha } = input;
  const found = (arm: { readonly metrics: Readonly<Record<string, ArmMetric>> }): ArmMetric =>
    arm.metrics[source.metric] ?? NO_UNITS;
  const arms = armsOf(
    source,
    evidenceOf(statistic, found(statistics.control), found(statistics.exposed)),
  );
  if ("verdict" in arms) return arms;
  const harm = harmOf(source, statistic, arms, alpha);
  if (!(harm.se > 0)) return withoutVariance(source, arms);
  const numbers = numbersOf(source, arms, harm, planAlpha);
  const name = metricWords(source.metric);
  const { control, exposed } = arms;
  const accepted = amount(source.margin, source.scale, statistic);
  // On the relative scale anything is beyond any share of nothing.
  const isEndless = source.scale === "relative" && control.value === 0;
  if (harm.harm <= harm.bound * harm.se || !(harm.harm > harm.margin || isEndless)) {
    const excluded = harm.harm + harm.bound * harm.se < harm.margin;
    return pass(
      excluded
        ? `${name}: harm beyond the accepted ${accepted} is excluded.`
        : `${name}: no harm beyond the accepted ${accepted} is found.`,
      numbers,
    );
  }
  const size =
    source.scale === "relative" && control.value !== 0
      ? amount(harm.harm / Math.abs(control.value), "relative", statistic)
      : amount(harm.harm, "absolute", statistic);
  const way = exposed.value > control.value ? "up" : "down";
  const reason = `${name} is ${way} by ${size} among the exposed units: harm is proven and beyond the accepted ${accepted}.`;
  return broken(input.action, reason, numbers);
}
