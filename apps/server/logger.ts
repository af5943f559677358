import { activeSpan } from "@paceline/telemetry";
import { multistream, pino, stdSerializers } from "pino";
import type { Logger } from "pino";

/** Paths that never reach the log, whatever is logged. */
const SECRET_PATHS = [
  "req.headers.authorization",
  "req.headers.cookie",
  "req.headers['x-api-key']",
  "*.authorization",
  "*.cookie",
  "*.password",
  "*.token",
  "*.secret",
  "*.key",
  "*.writeKey",
  "*.email",
  "*.url",
  "authorization",
  "cookie",
  "password",
  "token",
  "secret",
  "writeKey",
  "email",
  "url",
];

/** What of a database's error says where it is, and never which value it met. */
const DATABASE_FIELDS = ["code", "severity", "schema", "table", "column", "constraint", "routine"];

function isDatabaseError(error: Error): boolean {
  return "severity" in error && "code" in error;
}

/** Messages and stacks hold those of the causes, too. */
function tellsOfDatabase(error: Error): boolean {
  const { cause } = error;
  return isDatabaseError(error) || (cause instanceof Error && tellsOfDatabase(cause));
}

/** Texts in quotation marks are values that were sent, or names that the other fields have. */
function withoutValues(text: string): string {
  return text.replaceAll(/"[^"\n]*"/g, '"…"');
}

/**
 * An error as it is logged: kind, message and stack, its causes in them. PostgreSQL's messages quote
 * values, and its other fields hold rows and statements, so of these only the place stays.
 */
export function loggedError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { type, message, stack } = stdSerializers.err(error);
  if (!tellsOfDatabase(error)) return { type, message, stack };
  const place = Object.entries(error).filter(([name]) => DATABASE_FIELDS.includes(name));
  return {
    type,
    message: withoutValues(message),
    stack: withoutValues(stack),
    ...Object.fromEntries(place),
  };
}

/** Ties a line to the request or task that it was written for. */
function traceFields(): Readonly<Record<string, string>> {
  const span = activeSpan();
  if (span === undefined) return {};
  const { traceId, spanId, isSampled } = span;
  return { trace_id: traceId, span_id: spanId, trace_flags: isSampled ? "01" : "00" };
}

/**
 * The process's logger: JSON lines on standard error, without credentials and people's data.
 *
 * @param also gets each line, too, as it is written
 */
export function createLogger(level: string, also: ((line: string) => void) | null = null): Logger {
  const destination = pino.destination(2);
  const options = {
    level,
    redact: { paths: SECRET_PATHS, censor: "[hidden]" },
    serializers: { err: loggedError },
  };
  if (also === null) return pino(options, destination);
  const streams = [{ stream: destination }, { stream: { write: also } }].map((stream) => ({
    ...stream,
    level: "trace" as const,
  }));
  return pino({ ...options, mixin: traceFields }, multistream(streams));
}
