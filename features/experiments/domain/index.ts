export { analyze } from "./analysis.ts";
export type * from "./analysis-types.ts";
export { checkCriterion, controlOf, metricKeysOf, treatmentsOf } from "./criterion.ts";
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
export { evidenceOf } from "./metric-evidence.ts";
export type { MetricEvidence } from "./metric-evidence.ts";
export { checkMetric } from "./metric.ts";
export { monitor } from "./monitor.ts";
export type { Aggregation, Measure, Metric, MetricFault, Statistic } from "./metric.ts";
export { amount, metricWords } from "./reason.ts";
export { planSample } from "./sample-size.ts";
export type { Baseline, Baselines } from "./sample-size.ts";
