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

test("any JSON object can be read", () => {
  const list = {
    logs: "resourceLogs",
    traces: "resourceSpans",
    metrics: "resourceMetrics",
  } as const;
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...OTLP_SIGNALS), (value, signal) => {
      assert.ok(readOtlp(signal, { [list[signal]]: value }, RECEIPT, digest).ok);
      const scoped = {
        [list[signal]]: [{ resource: value, scopeLogs: [value], scopeSpans: value }],
      };
      assert.ok(readOtlp(signal, scoped, RECEIPT, digest).ok);
    }),
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
