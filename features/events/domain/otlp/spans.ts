import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { textOf } from "../exposure.ts";
import type { FlatEvent } from "../flat-event.ts";
import { isFields } from "../json-object.ts";
import type { Fields } from "../json-object.ts";
import type { MessageFault } from "../message.ts";
import { flagExposure, isFlagEvaluation } from "./flag-evaluation.ts";
import { asReceived, flatRecord, subjectOf } from "./record.ts";
import type { Origin } from "./record.ts";
import { attributesOf, integerOf, isHexId, listOf, millisecondsOf, nanosOf } from "./values.ts";

const ATTRIBUTES_PATH = "/record/attributes";
const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUSES = ["unset", "ok", "error"] as const;

/**
 * A span as an event of its name, at its start, with its attributes and `durationMs` as properties.
 * The flag evaluations among its events become exposures beside it.
 */
export function readSpan(
  record: unknown,
  origin: Origin,
): Result<readonly FlatEvent[], MessageFault> {
  if (!isFields(record)) {
    return err({ kind: "invalid", path: "/record", reason: "a span must be an object" });
  }
  const { traceId, spanId } = record;
  if (!isHexId(traceId, 16)) return badId("/record/traceId", 16);
  if (!isHexId(spanId, 8)) return badId("/record/spanId", 8);
  const attributes = attributesOf(record["attributes"]);
  const started = nanosOf(record["startTimeUnixNano"]);
  const ended = nanosOf(record["endTimeUnixNano"]);
  const durationMs =
    started === null || ended === null ? undefined : Number(ended - started) / 1_000_000;
  const read = flatRecord(
    origin,
    {
      type: "span",
      event: textOf(record["name"]) ?? "",
      subject: subjectOf(attributes, origin),
      nanos: started,
      properties: { ...attributes, durationMs },
      context: { trace: traceOf(record), span: spanOf(record) },
      messageId: () => `span:${traceId.toLowerCase()}:${spanId.toLowerCase()}`,
    },
    ATTRIBUTES_PATH,
  );
  if (!read.ok) return read;
  // What the span says of itself stays with the span: it may list thousands of evaluations.
  const own = `{${origin.shared},"trace":${JSON.stringify(traceOf(record))}}`;
  const context = asReceived(origin.receipt, own);
  return ok([read.value, ...exposuresIn(record, { ...read.value, context })]);
}

function traceOf({ traceId, spanId, parentSpanId, traceState }: Fields): object {
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId === "" ? undefined : parentSpanId,
    traceState: traceState === "" ? undefined : traceState,
  };
}

function spanOf({ kind, status, events, links }: Fields): object {
  const { code, message } = isFields(status) ? status : {};
  const named = listOf(events).filter(isFields);
  return {
    kind: wordOf(KINDS, kind, "SPAN_KIND_"),
    status: wordOf(STATUSES, code, "STATUS_CODE_"),
    statusMessage: message === "" ? undefined : message,
    events: named.length === 0 ? undefined : named.map(eventOf),
    links: listOf(links).length === 0 ? undefined : listOf(links),
  };
}

function eventOf(event: Fields): object {
  const nanos = nanosOf(event["timeUnixNano"]);
  return {
    name: event["name"],
    at: nanos === null ? undefined : millisecondsOf(nanos),
    attributes: attributesOf(event["attributes"]),
  };
}

/** Enumerations arrive as numbers, from some clients as their names. */
function wordOf(words: readonly string[], value: unknown, prefix: string): string {
  const place = integerOf(value);
  if (typeof place === "number") return words[place] ?? String(place);
  const name = textOf(value)?.replace(prefix, "").toLowerCase();
  return name ?? words[0] ?? "";
}

function exposuresIn(record: Fields, span: FlatEvent): readonly FlatEvent[] {
  return listOf(record["events"]).flatMap((event) => {
    if (!isFields(event) || !isFlagEvaluation(textOf(event["name"]) ?? "")) return [];
    const attributes = attributesOf(event["attributes"]);
    const nanos = nanosOf(event["timeUnixNano"]);
    const happenedAt = nanos === null ? span.at : Math.min(millisecondsOf(nanos), span.receivedAt);
    const carrier = { ...span, at: happenedAt, properties: JSON.stringify(attributes) };
    const exposure = flagExposure(carrier, attributes);
    return exposure === null ? [] : [exposure];
  });
}

function badId(path: string, bytes: number): Result<never, MessageFault> {
  const reason = `must be ${bytes * 2} hexadecimal digits, not all of them zero`;
  return err({ kind: "invalid", path, reason });
}
