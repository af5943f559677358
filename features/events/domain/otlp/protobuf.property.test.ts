import assert from "node:assert/strict";
import { test } from "node:test";

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";

import { decodeProtobuf } from "./protobuf.ts";
import { OTLP_SIGNALS, readOtlp } from "./read-otlp.ts";

const RECEIPT = {
  workspace: "w1",
  environment: "production",
  source: "otel",
  receivedAt: Date.UTC(2026, 4, 1),
  replay: false,
  newMessageId: () => "made",
};
const digest = (text: string): string => String(text.length);

test("any bytes give a request or a reason, and any request can be read", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom(...OTLP_SIGNALS),
      (bytes, signal) => {
        const decoded = decodeProtobuf(signal, bytes);
        if (!decoded.ok) assert.match(decoded.error.reason, /protobuf/);
        else assert.ok(readOtlp(signal, decoded.value, RECEIPT, digest).ok);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("bytes that begin like a request are read as far as they make sense", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 20 }), (noise, field) => {
      const bytes = new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .fork()
        .tag(2, WireType.LengthDelimited)
        .fork()
        .tag(2, WireType.LengthDelimited)
        .bytes(noise)
        .join()
        .join()
        .tag(field + 2, WireType.LengthDelimited)
        .bytes(noise)
        .finish();
      for (const signal of OTLP_SIGNALS) {
        const decoded = decodeProtobuf(signal, bytes);
        if (decoded.ok) assert.ok(readOtlp(signal, decoded.value, RECEIPT, digest).ok);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("any JSON object is read, or refused for the list that is none", () => {
  const list = {
    logs: "resourceLogs",
    traces: "resourceSpans",
    metrics: "resourceMetrics",
  } as const;
  const isObject = (value: unknown): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...OTLP_SIGNALS), (value, signal) => {
      const read = readOtlp(signal, { [list[signal]]: value }, RECEIPT, digest);
      if (value !== null && !(Array.isArray(value) && value.every(isObject))) {
        assert.ok(!read.ok && read.error.kind === "unreadable");
        assert.match(read.error.reason, new RegExp(`^${list[signal]} must (be|hold)`));
      } else if (!read.ok) assert.equal(read.error.kind, "unreadable");
      // Whatever lies in a list of objects.
      const resource = { resource: value, scopeLogs: [{ scope: value, logRecords: [value] }] };
      assert.ok(readOtlp("logs", { resourceLogs: [resource] }, RECEIPT, digest).ok);
      const scopes = [{ scope: value, spans: [value], metrics: [value] }];
      const traced = { resource: value, scopeSpans: scopes, scopeMetrics: scopes };
      assert.ok(readOtlp(signal, { [list[signal]]: [traced] }, RECEIPT, digest).ok);
    }),
    { numRuns: 1_000 },
  );
});

test("attributes nested deeper than the stack holds are cut, not crashed on", () => {
  let value: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 3_000; depth += 1) {
    value = new BinaryWriter()
      .tag(5, WireType.LengthDelimited)
      .fork()
      .tag(1, WireType.LengthDelimited)
      .bytes(value)
      .join()
      .finish();
  }
  const wrap = (field: number, inner: Uint8Array): Uint8Array =>
    new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish();
  const decoded = decodeProtobuf("logs", wrap(1, wrap(2, wrap(2, wrap(5, value)))));
  assert.ok(decoded.ok);
  const read = readOtlp("logs", decoded.value, RECEIPT, digest);
  assert.equal(read.ok && read.value.events.length, 1);
});
