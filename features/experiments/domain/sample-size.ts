import { quantileSum, sequentialInflation } from "@paceline/stats";
import type { PowerTarget } from "@paceline/stats";

import type { SamplePlan } from "./analysis-types.ts";
import { controlOf, spendingRho, treatmentsOf } from "./criterion.ts";
import type { Criterion, Direction, Scale } from "./criterion.ts";
import { amount, metricWords } from "./reason.ts";

/** What is known of a metric before the run: control's value, and the variance of a unit's value. */
export interface Baseline {
  readonly value: number;
  /** Needed for means and ratios (of the linearized value); a proportion has its own. */
  readonly variance?: number;
}

/** Expected control values by metric key. */
export type Baselines = Readonly<Record<string, Baseline>>;

const LONGEST_SPRINT_DAYS = 28;

interface Need {
  readonly metric: string;
  /** Units of all arms together; NaN where the baseline does not tell. */
  readonly units: number;
}

interface Demand {
  readonly metric: string;
  readonly statistic: "mean" | "proportion" | "ratio";
  readonly direction: Direction;
  readonly scale: Scale;
  /** True effect that the plan assumes, and how far it lies from the bar; oriented, on `scale`. */
  readonly assumed: number;
  readonly distance: number;
  readonly target: PowerTarget;
}

const inflations = new Map<string, number>();

/** Inflation for one look a day over the whole timebox; it depends on the design alone, so it is kept. */
function inflationOf(criterion: Criterion, target: PowerTarget): number {
  const { maxDays } = criterion.design;
  const rho = spendingRho(criterion);
  const key = [maxDays, rho, target.alpha, target.power, target.sides].join("/");
  const known = inflations.get(key);
  if (known !== undefined) return known;
  const informationFractions = Array.from({ length: maxDays }, (_, day) => (day + 1) / maxDays);
  const found = sequentialInflation({
    ...target,
    informationFractions,
    spending: { family: "power", rho },
  });
  if (inflations.size > 200) inflations.clear();
  inflations.set(key, found);
  return found;
}

function variances(
  { statistic, direction, scale, assumed }: Demand,
  { value, variance }: Baseline,
): readonly [control: number, treatment: number] {
  if (statistic !== "proportion") return [variance ?? Number.NaN, variance ?? Number.NaN];
  const change =
    (scale === "relative" ? assumed * value : assumed) * (direction === "increase" ? 1 : -1);
  const expected = Math.min(1, Math.max(0, value + change));
  return [value * (1 - value), expected * (1 - expected)];
}

/**
 * Fixed-sample normal approximation with separate variances, times the inflation for looks. The arm
 * with the smallest share decides: everybody else gets units at their share of the same total.
 */
function unitsFor(criterion: Criterion, demand: Demand, baseline: Baseline | undefined): Need {
  const { metric, scale, distance, target } = demand;
  if (baseline === undefined) return { metric, units: Number.NaN };
  const { allocation } = criterion.design;
  const [a, b] = variances(demand, baseline);
  const size = scale === "relative" ? distance * Math.abs(baseline.value) : distance;
  const share = allocation[controlOf(criterion)] ?? 0;
  const perUnit = (quantileSum(target) / size) ** 2 * inflationOf(criterion, target);
  const totals = treatmentsOf(criterion).map(
    (arm) => perUnit * (a / share + b / (allocation[arm] ?? 0)),
  );
  return { metric, units: Math.max(...totals) };
}

function demandsOf(criterion: Criterion): readonly Demand[] {
  const { primary, guardrails } = criterion;
  const arms = Math.max(1, treatmentsOf(criterion).length);
  return [
    {
      ...primary,
      assumed: primary.mde,
      distance: primary.mde - primary.successAtLeast,
      target: { alpha: (1 - primary.confidence) / arms, power: primary.power, sides: 2 },
    },
    ...guardrails.map((guardrail): Demand => ({
      ...guardrail,
      assumed: 0,
      distance: guardrail.margin,
      target: {
        alpha: 1 - guardrail.confidence,
        // Every guardrail has to pass: the chance that one fails to is shared between them.
        power: primary.power ** (1 / guardrails.length),
        sides: 1,
      },
    })),
  ];
}

function whole(value: number): string {
  return Math.ceil(value).toLocaleString("en-US");
}

function waysOut(
  criterion: Criterion,
  driver: Demand | undefined,
  required: number,
  expectedUnits: number,
  unitsPerDay: number,
): readonly string[] {
  const { maxDays } = criterion.design;
  const { primary } = criterion;
  const days = Math.ceil(required / unitsPerDay);
  const widen = Math.sqrt(required / expectedUnits);
  const largerEffect =
    driver?.metric === primary.metric
      ? `Look for a larger effect: with this traffic the smallest that can be found is ${amount(
          primary.successAtLeast + (primary.mde - primary.successAtLeast) * widen,
          primary.scale,
          primary.statistic,
        )}.`
      : driver === undefined
        ? null
        : `Accept a wider margin for ${driver.metric}: ${amount(driver.distance * widen, driver.scale, driver.statistic)} can be shown with this traffic.`;
  return [
    largerEffect,
    days <= LONGEST_SPRINT_DAYS && days > maxDays
      ? `Run for ${days} days instead of ${maxDays}.`
      : null,
    `Bring more traffic: ${whole(required / maxDays)} units a day instead of ${whole(unitsPerDay)}.`,
    driver === undefined || driver.statistic === "proportion"
      ? null
      : `${metricWords(driver.metric)} varies a lot: a proportion of the same behaviour needs fewer units.`,
    "Make it a marathon: the effect is too small for a sprint.",
  ].filter((way) => way !== null);
}

/**
 * How many units a criterion needs and whether its timebox holds them. The primary is sized for `mde`
 * against the bar `successAtLeast`, two-sided, alpha shared between the arms; each guardrail for no true
 * harm against its margin, one-sided, with power shared between the guardrails.
 *
 * @param baseline     expected control values; a metric without one leaves the plan open (NaN)
 * @param unitsPerDay  expected units of all arms together
 */
export function planSample(
  criterion: Criterion,
  baseline: Baselines,
  unitsPerDay: number,
): SamplePlan {
  const { allocation, maxDays } = criterion.design;
  const demands = demandsOf(criterion);
  const needs = demands.map((demand) => unitsFor(criterion, demand, baseline[demand.metric]));
  const unknown = needs.filter(({ units }) => Number.isNaN(units)).map(({ metric }) => metric);
  const most = needs.reduce<Need>((worst, need) => (need.units > worst.units ? need : worst), {
    metric: criterion.primary.metric,
    units: 0,
  });
  const perArm =
    unknown.length > 0
      ? {}
      : Object.fromEntries(
          Object.entries(allocation).map(([arm, share]) => [arm, Math.ceil(most.units * share)]),
        );
  const requiredUnits =
    unknown.length > 0 ? Number.NaN : Object.values(perArm).reduce((sum, units) => sum + units, 0);
  const expectedUnits = Math.floor(unitsPerDay * maxDays);
  const fits = requiredUnits <= expectedUnits;
  const driver = demands.find(({ metric }) => metric === most.metric);
  return {
    requiredUnits,
    perArm,
    drivenBy: unknown[0] ?? most.metric,
    expectedUnits,
    daysNeeded: Math.ceil(requiredUnits / unitsPerDay),
    fits,
    waysOut:
      unknown.length > 0
        ? unknown.map(
            (metric) =>
              `Give a baseline for ${metric}: its expected value in control, and the variance of a unit's value unless it is a proportion.`,
          )
        : fits
          ? []
          : waysOut(criterion, driver, requiredUnits, expectedUnits, unitsPerDay),
  };
}
