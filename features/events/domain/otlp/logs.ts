import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { textOf } from "../exposure.ts";
import type { FlatEvent } from "../flat-event.ts";
import { isFields } from "../json-object.ts";
import type { MessageFault } from "../message.ts";
import { flagExposure, isFlagEvaluation } from "./flag-evaluation.ts";
import { flatRecord, subjectOf } from "./record.ts";
import type { Origin } from "./record.ts";
import { attributesOf, integerOf, nanosOf, plainValue } from "./values.ts";

const ATTRIBUTES_PATH = "/record/attributes";

/**
 * A log record as an event named by its `eventName` (or, before OTLP 1.5, its attribute `event.name`);
 * its attributes are the properties. An evaluation of a flag becomes an exposure.
 */
export function readLogRecord(
  record: unknown,
  origin: Origin,
): Result<readonly FlatEvent[], MessageFault> {
  if (!isFields(record)) {
    return err({ kind: "invalid", path: "/record", reason: "a log record must be an object" });
  }
  const attributes = attributesOf(record["attributes"]);
  const name = textOf(record["eventName"]) ?? textOf(attributes["event.name"]) ?? "";
  const happened = nanosOf(record["timeUnixNano"]);
  const observed = nanosOf(record["observedTimeUnixNano"]);
  const severity = integerOf(record["severityNumber"]);
  const body = plainValue(record["body"]);
  const { severityText, traceId, spanId } = record;
  const read = flatRecord(
    origin,
    {
      type: "log",
      event: name,
      subject: subjectOf(attributes, origin),
      nanos: happened ?? observed,
      properties: body === null ? attributes : { body, ...attributes },
      context: {
        log: { severityNumber: severity ?? undefined, severityText },
        ...traceContext(traceId, spanId),
      },
      messageId: (properties, context) =>
        `log:${origin.digest(JSON.stringify([name, `${happened}`, `${observed}`, properties, context]))}`,
    },
    ATTRIBUTES_PATH,
  );
  if (!read.ok) return read;
  const exposure = isFlagEvaluation(name) ? flagExposure(read.value, attributes) : null;
  return ok([exposure ?? read.value]);
}

/** Ties a record to its trace; zeros and empty texts mean none. */
function traceContext(traceId: unknown, spanId: unknown): Readonly<Record<string, unknown>> {
  if (typeof traceId !== "string" || traceId === "" || /^0+$/.test(traceId)) return {};
  return { trace: { traceId, spanId } };
}
