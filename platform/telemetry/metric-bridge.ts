import { ValueType } from "@opentelemetry/api";
import type { Attributes, HrTime } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType } from "@opentelemetry/sdk-metrics";
import type {
  DataPoint,
  HistogramMetricData,
  MetricData,
  MetricDescriptor,
} from "@opentelemetry/sdk-metrics";

/** One figure of a Prometheus registry, as `getMetricsAsJSON` gives them. */
export interface PrometheusMetric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly values: readonly PrometheusValue[];
}

interface PrometheusValue {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  /** Of histograms: the figure's name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

/**
 * The figures of `/metrics` as OpenTelemetry has them, under the same names: one source, so that both ways
 * out agree, and none of the SDK's instruments on the paths that are measured.
 *
 * @param start when counting began
 * @param end   now
 */
export function bridgeMetrics(
  metrics: readonly PrometheusMetric[],
  start: HrTime,
  end: HrTime,
): MetricData[] {
  return metrics.flatMap((metric): MetricData[] => {
    const common = {
      descriptor: descriptorOf(metric),
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    if (metric.type === "histogram") {
      const dataPoints = histogramPoints(metric, start, end);
      return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
    }
    const dataPoints = metric.values
      .filter(({ value }) => Number.isFinite(value))
      .map(({ value, labels }) => point(attributesOf(labels), value, start, end));
    if (metric.type === "counter") {
      return [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }];
    }
    if (metric.type !== "gauge") return [];
    return [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints }];
  });
}

/** The unit stays empty: the names end in it, and receivers would append it a second time. */
function descriptorOf({ name, help }: PrometheusMetric): MetricDescriptor {
  return { name, description: help, unit: "", valueType: ValueType.DOUBLE };
}

function point<T>(
  attributes: Attributes,
  value: T,
  startTime: HrTime,
  endTime: HrTime,
): DataPoint<T> {
  return { attributes, value, startTime, endTime };
}

function attributesOf(labels: PrometheusValue["labels"]): Attributes {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) =>
      name === "le" || value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

/** Prometheus accumulates buckets upwards; OpenTelemetry counts each by itself. */
function histogramPoints(
  metric: PrometheusMetric,
  start: HrTime,
  end: HrTime,
): HistogramMetricData["dataPoints"] {
  const series = Map.groupBy(metric.values, ({ labels }) => JSON.stringify(attributesOf(labels)));
  return [...series.values()].map((values) => {
    const buckets = values.filter(({ metricName }) => metricName === `${metric.name}_bucket`);
    const upTo = buckets.map(({ value }) => value);
    const of = (suffix: string): number =>
      values.find(({ metricName }) => metricName === metric.name + suffix)?.value ?? 0;
    const value = {
      buckets: {
        boundaries: buckets.slice(0, -1).map(({ labels }) => Number(labels["le"])),
        counts: upTo.map((count, index) => count - (upTo[index - 1] ?? 0)),
      },
      sum: of("_sum"),
      count: of("_count"),
    };
    return point(attributesOf(values[0]?.labels ?? {}), value, start, end);
  });
}
