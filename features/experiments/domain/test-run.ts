import type { AnalysisInput, ArmMetric, ExperimentStatistics, PastLook } from "./analysis-types.ts";
import type { Criterion, Design, GuardrailMetric, PrimaryMetric } from "./criterion.ts";

const DAY_MS = 86_400_000;

export const START = new Date("2026-01-05T00:00:00Z");

export const REFUNDS: GuardrailMetric = {
  metric: "refund_rate",
  statistic: "proportion",
  direction: "decrease",
  scale: "absolute",
  margin: 0.01,
  confidence: 0.95,
  onBreach: "rollback",
};

interface Changes {
  readonly primary?: Partial<PrimaryMetric>;
  readonly guardrails?: readonly GuardrailMetric[];
  readonly design?: Partial<Design>;
  readonly iteration?: number;
}

/** A criterion for tests: paid orders, one guardrail, 20,000 units in 14 days. */
export function testRunCriterion(changes: Changes = {}): Criterion {
  return {
    version: 1,
    hypothesis: "One page checkout raises paid orders.",
    unit: "customer",
    primary: {
      metric: "paid_order",
      statistic: "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.02,
      confidence: 0.95,
      mde: 0.15,
      power: 0.8,
      ...changes.primary,
    },
    guardrails: changes.guardrails ?? [REFUNDS],
    design: {
      allocation: { control: 0.5, one_page: 0.5 },
      plannedUnits: 20_000,
      looks: "daily",
      spending: "power:3",
      minDays: 7,
      maxDays: 14,
      minUnitsPerArm: 200,
      minConversionsPerArm: 25,
      conversionWindowHours: 72,
      ...changes.design,
    },
    validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
    iteration: changes.iteration ?? 1,
    maxIterations: 2,
  };
}

/** Sufficient statistics of `conversions` ones among `n` units. */
export function conversionsOf(n: number, conversions: number): ArmMetric {
  const mean = n === 0 ? 0 : conversions / n;
  return { n, mean, m2: n * mean * (1 - mean), denominator: null };
}

/** One arm of a run: units, how many of them ordered, how many sent it back. */
export type TestArm = readonly [n: number, orders: number, refunds: number];

/** The statistics of a run with the given arms; every conversion window has closed. */
export function testStatistics(
  arms: Readonly<Record<string, TestArm>>,
  asOf: Date,
  crossExposedUnits = 0,
): ExperimentStatistics {
  const entries = Object.entries(arms);
  return {
    asOf,
    arms: Object.fromEntries(
      entries.map(([arm, [n, orders, refunds]]) => [
        arm,
        { paid_order: conversionsOf(n, orders), refund_rate: conversionsOf(n, refunds) },
      ]),
    ),
    units: Object.fromEntries(entries.map(([arm, [n]]) => [arm, n])),
    crossExposedUnits,
    maturedUnits: entries.reduce((sum, [, [n]]) => sum + n, 0),
    newestEventAt: asOf,
  };
}

/** Evenly spaced earlier looks of a run whose traffic follows the plan of 20,000 units. */
export function looksBefore(day: number, days = 14): readonly PastLook[] {
  return Array.from({ length: day - 1 }, (_, index) => ({
    look: index + 1,
    informationFraction: (index + 1) / days,
    units: (20_000 * (index + 1)) / days,
    alphaSpent: 0.05 * ((index + 1) / days) ** 3,
  }));
}

/** A look at the end of `day`. */
export function lookInput(
  day: number,
  arms: Readonly<Record<string, TestArm>>,
  criterion: Criterion = testRunCriterion(),
  pastLooks: readonly PastLook[] = looksBefore(day),
): AnalysisInput {
  const now = new Date(START.getTime() + day * DAY_MS);
  return { criterion, statistics: testStatistics(arms, now), startedAt: START, now, pastLooks };
}
