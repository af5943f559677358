import assert from "node:assert/strict";
import { test } from "node:test";

import { withSpan } from "@paceline/telemetry";
import type { ActiveSpan } from "@paceline/telemetry";
import type { Logger } from "pino";

import { createLogger, loggedError } from "./logger.ts";

function capture(level: string): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, logger: createLogger(level, (line) => lines.push(line)) };
}

test("a line is written at its level and above, and nothing at silent", () => {
  const levels = ["debug", "info", "warn", "error"] as const;
  for (const [index, level] of levels.entries()) {
    const { logger, lines } = capture(level);
    for (const each of levels) logger[each](each);
    const said = lines.map((line) => JSON.parse(line).msg);
    assert.deepEqual(said, levels.slice(index), level);
  }
  const { logger, lines } = capture("silent");
  for (const each of levels) logger[each](each);
  assert.deepEqual(lines, []);
});

test("credentials and addresses never reach a line, at the top or one below", () => {
  const { logger, lines } = capture("info");
  const secrets = {
    authorization: "S1",
    cookie: "S2",
    password: "S3",
    token: "S4",
    secret: "S5",
    writeKey: "S6",
    email: "S7",
    url: "S8",
  };
  logger.info({ ...secrets, member: secrets, plain: "kept" }, "signed in");
  logger.info({ req: { headers: { authorization: "S1", cookie: "S2", "x-api-key": "S3" } } });
  const text = lines.join("");
  assert.doesNotMatch(text, /S\d/);
  assert.match(text, /"plain":"kept"/);
});

test("an error of the database is logged with its place and without the values it met", () => {
  const fault = Object.assign(
    new Error('invalid input syntax for type uuid: "mara@acme.example"'),
    {
      severity: "ERROR",
      code: "23505",
      table: "members",
      constraint: "members_email_key",
      detail: "Key (email)=(mara@acme.example) already exists.",
      where: "unnamed portal parameter $1 = 'mara@acme.example'",
      client: { password: "hunter2" },
    },
  );
  const wrapped = new Error("the member was not added", { cause: fault });
  for (const error of [fault, wrapped]) {
    const text = JSON.stringify(loggedError(error));
    assert.doesNotMatch(text, /mara|hunter2/);
    assert.match(text, /invalid input syntax for type uuid/);
  }
  const { code, table, constraint, type } = loggedError(fault);
  assert.deepEqual(
    [code, table, constraint, type],
    ["23505", "members", "members_email_key", "Error"],
  );
});

test("any other error keeps its message and stack, and nothing that hangs on it", () => {
  const error = Object.assign(new TypeError("no such file"), { request: { body: "mara" } });
  const logged = loggedError(error);
  assert.deepEqual(Object.keys(logged).toSorted(), ["message", "stack", "type"]);
  assert.equal(logged["message"], "no such file");
  assert.deepEqual(loggedError("mara"), { type: "string" });
});

test("a line says for which span it was written", () => {
  const { logger, lines } = capture("info");
  const span: ActiveSpan = {
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    isSampled: true,
    isOwnExport: false,
    hasEnded: false,
    set: () => undefined,
    rename: () => undefined,
    fail: () => undefined,
    begin: () => span,
    end: () => undefined,
  };
  withSpan(span, () => logger.info("inside"));
  logger.info("outside");
  const [inside, outside] = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    [inside.trace_id, inside.span_id, inside.trace_flags],
    [span.traceId, span.spanId, "01"],
  );
  assert.equal(outside.trace_id, undefined);
});
