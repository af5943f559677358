import type { CriterionDocument, MetricDocument } from "../../api.ts";

export type Guardrail = CriterionDocument["guardrails"][number];
export type Primary = CriterionDocument["primary"];

/** A criterion that is sensible until somebody says better: two weeks, 95 %, daily looks. */
export function defaultCriterion(metrics: readonly MetricDocument[]): CriterionDocument {
  const [first] = metrics;
  return {
    version: 1,
    hypothesis: "",
    unit: "customer",
    primary: {
      metric: first?.key ?? "",
      statistic: first?.statistic ?? "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.01,
      confidence: 0.95,
      mde: 0.05,
      power: 0.8,
    },
    secondary: [],
    guardrails: [],
    design: {
      allocation: { control: 0.5, treatment: 0.5 },
      plannedUnits: 20_000,
      looks: "daily",
      spending: "power:3",
      minDays: 7,
      maxDays: 14,
      minUnitsPerArm: 200,
      minConversionsPerArm: 25,
      conversionWindowHours: 72,
    },
    validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
    iteration: 1,
    maxIterations: 2,
  };
}

export function guardrailFor(metric: MetricDocument): Guardrail {
  return {
    metric: metric.key,
    statistic: metric.statistic,
    direction: "increase",
    scale: "relative",
    margin: 0.02,
    confidence: 0.95,
    onBreach: "rollback",
  };
}

const parts = 10_000;

/** Equal shares that add up to one; `control` is first where there is one. */
export function equalAllocation(variants: readonly string[]): Record<string, number> {
  const names = variants.toSorted(
    (one, other) => Number(other === "control") - Number(one === "control"),
  );
  const share = Math.floor(parts / names.length);
  const rest = parts - share * names.length;
  return Object.fromEntries(
    names.map((name, index) => [name, (index === 0 ? share + rest : share) / parts]),
  );
}

/** An ISO-free key made of a name: "Orders per visit" gives "orders_per_visit". */
export function keyOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "_")
    .replaceAll(/^[^a-z]+|_+$/gu, "")
    .slice(0, 80);
}
