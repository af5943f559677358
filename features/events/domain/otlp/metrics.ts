import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { textOf } from "../exposure.ts";
import type { FlatEvent } from "../flat-event.ts";
import { isFields } from "../json-object.ts";
import type { Fields } from "../json-object.ts";
import type { MessageFault } from "../message.ts";
import { flatRecord, subjectOf } from "./record.ts";
import type { Origin } from "./record.ts";
import {
  attributesOf,
  doubleOf,
  fieldsOf,
  integerOf,
  listOf,
  millisecondsOf,
  nanosOf,
} from "./values.ts";

const KINDS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;
type Kind = (typeof KINDS)[number];

const ATTRIBUTES_PATH = "/record/point/attributes";
const TEMPORALITIES = ["unspecified", "delta", "cumulative"] as const;
/** The flag of a point by which a client says that it has no value. */
const NO_RECORDED_VALUE = 1;

/** A metric with each of its points apart, as each becomes an event. */
export function pointsOf(metric: unknown): readonly unknown[] {
  if (!isFields(metric)) return [metric];
  const kind = KINDS.find((candidate) => isFields(metric[candidate]));
  if (kind === undefined) return [metric];
  const { name, description, unit } = metric;
  const { dataPoints, ...about } = fieldsOf(metric[kind]);
  return listOf(dataPoints).map((point) => ({ name, description, unit, kind, ...about, point }));
}

/**
 * A data point as an event named by its metric. Its properties are its attributes and its `value`, or
 * for distributions `count`, `sum`, `min`, `max` and the buckets or quantiles.
 */
export function readPoint(
  record: unknown,
  origin: Origin,
): Result<readonly FlatEvent[], MessageFault> {
  const fields = fieldsOf(record);
  const kind = KINDS.find((candidate) => candidate === fields["kind"]);
  const name = textOf(fields["name"]);
  if (name === null) return invalid("/record/name", "a metric needs a name");
  if (kind === undefined) return invalid("/record", `must have one of ${KINDS.join(", ")}`);
  const point = fieldsOf(fields["point"]);
  if (integerOf(point["flags"]) === NO_RECORDED_VALUE) return ok([]);
  const values = valuesOf(kind, point);
  if (values === null) return invalid("/record/point", "must have asDouble or asInt");
  const attributes = attributesOf(point["attributes"]);
  const nanos = nanosOf(point["timeUnixNano"]);
  const read = flatRecord(
    origin,
    {
      type: "metric",
      event: name,
      subject: subjectOf(attributes, origin),
      nanos,
      properties: { ...attributes, ...values },
      context: { metric: metricOf(kind, fields, point) },
      messageId: (properties, context) =>
        `metric:${origin.digest(JSON.stringify([name, `${nanos}`, properties, context]))}`,
    },
    ATTRIBUTES_PATH,
  );
  return read.ok ? ok([read.value]) : read;
}

function metricOf(kind: Kind, fields: Fields, point: Fields): object {
  const started = nanosOf(point["startTimeUnixNano"]);
  const temporality = integerOf(fields["aggregationTemporality"]);
  return {
    kind,
    unit: textOf(fields["unit"]) ?? undefined,
    temporality: typeof temporality === "number" ? TEMPORALITIES[temporality] : undefined,
    isMonotonic: fields["isMonotonic"],
    startedAt: started === null ? undefined : millisecondsOf(started),
  };
}

function valuesOf(kind: Kind, point: Fields): Readonly<Record<string, unknown>> | null {
  if (kind === "gauge" || kind === "sum") {
    const value = doubleOf(point["asDouble"]) ?? integerOf(point["asInt"]);
    return value === null ? null : { value };
  }
  const optional = (name: string): unknown => doubleOf(point[name]) ?? undefined;
  const shared = {
    count: integerOf(point["count"]) ?? 0,
    sum: optional("sum"),
    min: optional("min"),
    max: optional("max"),
  };
  if (kind === "summary") return { ...shared, quantiles: listOf(point["quantileValues"]) };
  if (kind === "histogram") {
    return {
      ...shared,
      bucketCounts: listOf(point["bucketCounts"]).map(integerOf),
      explicitBounds: listOf(point["explicitBounds"]).map(doubleOf),
    };
  }
  return {
    ...shared,
    scale: integerOf(point["scale"]) ?? 0,
    zeroCount: integerOf(point["zeroCount"]) ?? 0,
    positive: bucketsOf(point["positive"]),
    negative: bucketsOf(point["negative"]),
  };
}

function bucketsOf(buckets: unknown): object {
  const { offset, bucketCounts } = fieldsOf(buckets);
  return { offset: integerOf(offset) ?? 0, bucketCounts: listOf(bucketCounts).map(integerOf) };
}

function invalid(path: string, reason: string): Result<never, MessageFault> {
  return err({ kind: "invalid", path, reason });
}
