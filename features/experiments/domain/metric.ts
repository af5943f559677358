/** How the events of one unit become one value. */
export type Aggregation = "any" | "count" | "sum";

/** One part of a metric: which events of a unit count, and how they add up. */
export interface Measure {
  /** Event name as sent by `track`, or `page`, `screen` for those calls. */
  readonly event: string;
  readonly aggregation: Aggregation;
  /** Numeric property that `sum` adds; null for `any` and `count`. */
  readonly property: string | null;
}

/**
 * What of a metric is compared: the mean of the units, the share of units with it, or a ratio of two
 * sums.
 */
export type Statistic = "mean" | "proportion" | "ratio";

/** A named, reusable definition of what is measured per unit. */
export interface Metric {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** `proportion` needs the aggregation `any`; `ratio` needs a denominator. */
  readonly statistic: Statistic;
  readonly numerator: Measure;
  readonly denominator: Measure | null;
  /** How a value is shown: `percent`, `number`, or `currency:<ISO code>`. */
  readonly format: string;
}

/** Why a metric definition is refused, by JSON pointer. */
export interface MetricFault {
  readonly pointer: string;
  readonly detail: string;
}

/** Checks what the types of a metric cannot say. */
export function checkMetric(metric: Metric): readonly MetricFault[] {
  const faults: MetricFault[] = [];
  const measures = [
    ["/numerator", metric.numerator],
    ["/denominator", metric.denominator],
  ] as const;
  for (const [pointer, measure] of measures) {
    if (measure === null) continue;
    if (measure.aggregation === "sum" && measure.property === null) {
      faults.push({
        pointer: `${pointer}/property`,
        detail: "is required: `sum` adds a numeric property",
      });
    }
    if (measure.aggregation !== "sum" && measure.property !== null) {
      faults.push({
        pointer: `${pointer}/property`,
        detail: "must be null: only `sum` reads a property",
      });
    }
  }
  if (metric.statistic === "proportion" && metric.numerator.aggregation !== "any") {
    faults.push({ pointer: "/numerator/aggregation", detail: "must be `any` for a proportion" });
  }
  if (metric.statistic === "ratio" && metric.denominator === null) {
    faults.push({ pointer: "/denominator", detail: "is required for a ratio" });
  }
  if (metric.statistic !== "ratio" && metric.denominator !== null) {
    faults.push({
      pointer: "/denominator",
      detail: "must be null unless the statistic is `ratio`",
    });
  }
  return faults;
}
