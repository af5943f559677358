export type * from "./analysis-types.ts";
export { checkCriterion, controlOf, metricKeysOf, spendingRho, treatmentsOf } from "./criterion.ts";
export type {
  Criterion,
  CriterionFault,
  Design,
  Direction,
  GuardrailMetric,
  PrimaryMetric,
  Scale,
  SecondaryMetric,
} from "./criterion.ts";
export { checkMetric } from "./metric.ts";
export type { Aggregation, Measure, Metric, MetricFault, Statistic } from "./metric.ts";
