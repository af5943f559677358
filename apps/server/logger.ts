import { pino } from "pino";
import type { Logger } from "pino";

/** Paths that never reach the log, whatever is logged. */
const SECRET_PATHS = [
  "req.headers.authorization",
  "req.headers.cookie",
  "req.headers['x-api-key']",
  "*.password",
  "*.token",
  "*.secret",
  "*.key",
  "*.writeKey",
  "url",
];

/** The process's logger: JSON lines on standard error, without credentials. */
export function createLogger(level: string): Logger {
  return pino({ level, redact: { paths: SECRET_PATHS, censor: "[hidden]" } }, pino.destination(2));
}
