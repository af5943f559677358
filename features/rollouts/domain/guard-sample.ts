import type { Statistic } from "@paceline/experiments/domain";
import { PARTS, rolloutComparison } from "@paceline/flags/domain";

import { GUARD_POWER, guardDesign } from "./guard-metric.ts";
import type { EventMetricSource } from "./guard.ts";

const HOURS_PER_DAY = 24;

/** What is known of a guarded metric and of the traffic before the rollout. */
export interface GuardTraffic {
  /** The metric's value today. */
  readonly value: number;
  readonly statistic: Statistic;
  /** Variance of one unit's value; null for a proportion, which has its own. */
  readonly variance: number | null;
  /** New units a day that the rule admits before its exposure gate. */
  readonly unitsPerDay: number;
  /** Mean time from exposure to the event that counts, hours; 0 where it happens at once. */
  readonly delayHours: number;
}

/**
 * When a guard would see harm. At the planned units harm of the margin is proven to be harm with
 * `power`; at a quarter of them harm of twice the margin is, and then it is beyond the margin too.
 */
export interface GuardSample {
  /** The accepted harm in the metric's own unit. */
  readonly margin: number;
  readonly alpha: number;
  readonly power: number;
  /** Exposed and held-back units together; held-back ones are as many as the gate spares for it. */
  readonly plannedUnits: number;
  /** Null where no traffic comes. */
  readonly days: number | null;
  /** For harm of twice the margin: a quarter of the above. */
  readonly quarterUnits: number;
  readonly quarterDays: number | null;
}

/** Share of the events that have happened at the end of `hours` of steady arrivals. */
function happened(hours: number, delayHours: number): number {
  if (delayHours === 0) return 1;
  const times = hours / delayHours;
  return times === 0 ? 0 : 1 + Math.expm1(-times) / times;
}

/**
 * Units of both arms until a guard would see harm of its margin, at one exposure share; null where
 * nobody is held back, so that nothing can be compared.
 *
 * Where events come late, only a part of them has happened when a quarter of the units is there: the
 * sample grows by that part, so that harm of twice the margin is still found by then.
 *
 * @param alpha  of this guard
 */
export function guardSample(
  source: Pick<EventMetricSource, "margin" | "scale" | "direction">,
  traffic: GuardTraffic,
  exposureShare: number,
  alpha: number,
): GuardSample | null {
  const comparison = rolloutComparison("", exposureShare);
  if (comparison === null || comparison.controlParts === 0) return null;
  const { exposedParts, controlParts } = comparison;
  const margin =
    source.scale === "relative" ? source.margin * Math.abs(traffic.value) : source.margin;
  const { drift } = guardDesign(alpha);
  const exposedShare = exposedParts / (exposedParts + controlParts);
  const variance = varianceUnderHarm(source, traffic, margin);
  const perUnit = variance / (exposedShare * (1 - exposedShare));
  const atOnce = perUnit * (drift / margin) ** 2;
  const unitsPerDay = (traffic.unitsPerDay * (exposedParts + controlParts)) / PARTS;
  const units = atOnce / seenAtQuarter(atOnce, unitsPerDay, traffic.delayHours);
  const days = unitsPerDay > 0 ? units / unitsPerDay : null;
  return {
    margin,
    alpha,
    power: GUARD_POWER,
    plannedUnits: Math.ceil(units),
    days,
    quarterUnits: Math.ceil(units / 4),
    quarterDays: days === null ? null : days / 4,
  };
}

/**
 * Variance of one unit's value while harm of twice the margin goes on: where more is worse, the harm
 * itself makes noise. A proportion is pooled; other values are taken to spread as they grow.
 */
function varianceUnderHarm(
  { direction }: Pick<EventMetricSource, "direction">,
  { statistic, value, variance }: GuardTraffic,
  margin: number,
): number {
  if (statistic === "proportion") {
    const pooled = Math.min(1, Math.max(0, value + (direction === "decrease" ? margin : -margin)));
    return pooled * (1 - pooled);
  }
  const known = variance ?? Number.NaN;
  if (direction === "increase" || value === 0) return known;
  return (known * (1 + (1 + (2 * margin) / Math.abs(value)) ** 2)) / 2;
}

/** Share of the events that has happened by a quarter of the sample that this share itself makes larger. */
function seenAtQuarter(atOnce: number, unitsPerDay: number, delayHours: number): number {
  if (delayHours === 0 || !(unitsPerDay > 0)) return 1;
  let seen = 1;
  // A contraction: a larger sample takes longer, and then more has happened.
  for (let step = 0; step < 60; step += 1) {
    const hours = (atOnce / seen / 4 / unitsPerDay) * HOURS_PER_DAY;
    seen = happened(hours, delayHours);
  }
  return seen;
}
