import type { Criterion, Design } from "../domain/index.ts";

/** A sound criterion for tests: paid orders per customer, one guardrail, one treatment. */
export function testCriterion(design: Partial<Design> = {}): Criterion {
  return {
    version: 1,
    hypothesis: "One page checkout raises paid orders because nobody is lost between pages.",
    unit: "customer",
    primary: {
      metric: "paid_order",
      statistic: "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.02,
      confidence: 0.95,
      mde: 0.08,
      power: 0.8,
    },
    guardrails: [
      {
        metric: "refund_rate",
        statistic: "proportion",
        direction: "decrease",
        scale: "absolute",
        margin: 0.003,
        confidence: 0.95,
        onBreach: "rollback",
      },
    ],
    design: {
      allocation: { control: 0.5, one_page: 0.5 },
      plannedUnits: 48_000,
      looks: "daily",
      spending: "power:3",
      minDays: 7,
      maxDays: 14,
      minUnitsPerArm: 200,
      minConversionsPerArm: 25,
      conversionWindowHours: 72,
      ...design,
    },
    validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
    iteration: 1,
    maxIterations: 2,
  };
}
