import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import type { Context } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import type { LogAttributes, LogRecord } from "@opentelemetry/api-logs";

const SEVERITIES: readonly (readonly [number, SeverityNumber, string])[] = [
  [60, SeverityNumber.FATAL, "FATAL"],
  [50, SeverityNumber.ERROR, "ERROR"],
  [40, SeverityNumber.WARN, "WARN"],
  [30, SeverityNumber.INFO, "INFO"],
  [20, SeverityNumber.DEBUG, "DEBUG"],
  [0, SeverityNumber.TRACE, "TRACE"],
];

/** Told elsewhere in the record, or of the machine and not of the event. */
const LEFT_OUT = new Set([
  "level",
  "time",
  "msg",
  "pid",
  "hostname",
  "err",
  "trace_id",
  "span_id",
  "trace_flags",
]);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A line of the log, as it was written and with what it hides hidden, as an OpenTelemetry record.
 *
 * @returns null for a line that is none of ours
 */
export function bridgeLine(line: string): LogRecord | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isRecord(parsed)) return null;
  const { level, time, msg, err: fault } = parsed;
  const number = typeof level === "number" ? level : 0;
  const [, severityNumber, severityText] = SEVERITIES.find(([from]) => number >= from) ?? [
    0,
    SeverityNumber.UNSPECIFIED,
    "",
  ];
  const attributes: LogAttributes = isRecord(fault) ? exceptionOf(fault) : {};
  for (const [name, value] of Object.entries(parsed)) {
    if (LEFT_OUT.has(name)) continue;
    attributes[name] = isPlain(value) ? value : JSON.stringify(value);
  }
  return {
    body: typeof msg === "string" ? msg : "",
    severityNumber,
    severityText,
    attributes,
    context: contextOf(parsed),
    ...(typeof time === "number" ? { timestamp: time } : {}),
  };
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function exceptionOf(fault: Readonly<Record<string, unknown>>): LogAttributes {
  const attributes: LogAttributes = {};
  const parts = {
    type: "exception.type",
    message: "exception.message",
    stack: "exception.stacktrace",
  };
  for (const [from, to] of Object.entries(parts)) {
    const value = fault[from];
    if (typeof value === "string") attributes[to] = value;
  }
  return attributes;
}

function contextOf(line: Readonly<Record<string, unknown>>): Context {
  const { trace_id: traceId, span_id: spanId, trace_flags: flags } = line;
  if (typeof traceId !== "string" || typeof spanId !== "string") return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags === "01" ? 1 : 0,
  });
}
