import assert from "node:assert/strict";
import { test } from "node:test";

import type { FlatEvent } from "../flat-event.ts";
import type { ReadBody } from "../read-body.ts";
import { readOtlp, readOtlpRecord } from "./read-otlp.ts";
import type { OtlpSignal } from "./read-otlp.ts";

const RECEIVED = Date.UTC(2026, 4, 1, 12);
const RECEIPT = {
  workspace: "w1",
  environment: "production",
  source: "otel",
  receivedAt: RECEIVED,
  replay: false,
  newMessageId: () => "made",
};
const NANOS = `${RECEIVED - 1_000}000000`;
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const RESOURCE = { attributes: [text("service.name", "shop"), text("service.instance.id", "i-1")] };
const SCOPE = { name: "checkout", version: "2.0" };
const TRACE = { traceId: "0AF7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

function body(signal: OtlpSignal, records: readonly unknown[]): object {
  const names = {
    logs: ["resourceLogs", "scopeLogs", "logRecords"],
    traces: ["resourceSpans", "scopeSpans", "spans"],
    metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  } as const;
  const [list, scopes, members] = names[signal];
  return { [list]: [{ resource: RESOURCE, [scopes]: [{ scope: SCOPE, [members]: records }] }] };
}

function readAll(signal: OtlpSignal, records: readonly unknown[]): ReadBody {
  const read = readOtlp(signal, body(signal, records), RECEIPT, (words) => `d${words.length}`);
  assert.ok(read.ok);
  return read.value;
}

function readOne(signal: OtlpSignal, record: unknown): FlatEvent {
  const { events, faults } = readAll(signal, [record]);
  const [event] = events;
  assert.ok(event, JSON.stringify(faults));
  return event;
}

test("a log record is an event of its name, with its attributes and body as properties", () => {
  const event = readOne("logs", {
    timeUnixNano: NANOS,
    severityNumber: 9,
    severityText: "INFO",
    eventName: "browser.web_vital",
    body: { stringValue: "slow" },
    attributes: [
      text("name", "LCP"),
      { key: "value", value: { doubleValue: 2.5 } },
      { key: "whole", value: { intValue: 7 } },
      { key: "text", value: { intValue: "9007199254740993" } },
      { key: "list", value: { arrayValue: { values: [{ boolValue: true }, {}] } } },
      { key: "map", value: { kvlistValue: { values: [text("a", "b")] } } },
    ],
    ...TRACE,
    unknownField: 1,
  });
  assert.deepEqual(
    [event.type, event.event, event.at],
    ["log", "browser.web_vital", RECEIVED - 1_000],
  );
  assert.deepEqual(JSON.parse(event.properties), {
    body: "slow",
    name: "LCP",
    value: 2.5,
    whole: 7,
    text: "9007199254740993",
    list: [true, null],
    map: { a: "b" },
  });
  const context = JSON.parse(event.context);
  assert.deepEqual(context.scope, SCOPE);
  assert.equal(context.resource["service.name"], "shop");
  assert.deepEqual(context.log, { severityNumber: 9, severityText: "INFO" });
  assert.equal(context.trace.spanId, TRACE.spanId);
});

test("the unit is the user, else the device or session, else the service", () => {
  const unitOf = (...attributes: object[]): readonly (string | null)[] => {
    const { unit, userId, anonymousId } = readOne("logs", { attributes });
    return [unit, userId, anonymousId];
  };
  const all = [text("session.id", "s1"), text("enduser.id", "e1"), text("user.id", "u1")];
  assert.deepEqual(unitOf(...all), ["u1", "u1", "s1"]);
  assert.deepEqual(unitOf(text("session.id", "s1"), text("enduser.id", "e1")), ["e1", "e1", "s1"]);
  assert.deepEqual(unitOf(text("session.id", "s1")), ["s1", null, "s1"]);
  assert.deepEqual(unitOf(), ["i-1", null, null]);
});

test("a span is an event at its start with its duration, named by its ids", () => {
  const event = readOne("traces", {
    ...TRACE,
    name: "GET /cart",
    kind: 2,
    startTimeUnixNano: NANOS,
    endTimeUnixNano: `${RECEIVED - 750}000000`,
    status: { code: 2, message: "timeout" },
  });
  assert.equal(event.messageId, "span:0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331");
  assert.deepEqual([event.type, event.event], ["span", "GET /cart"]);
  assert.deepEqual(JSON.parse(event.properties), { durationMs: 250 });
  assert.equal(JSON.parse(event.context).span.status, "error");
});

test("each data point of a metric is an event with its value or distribution", () => {
  const point = { timeUnixNano: NANOS, attributes: [text("slot", "a")] };
  const { events } = readAll("metrics", [
    {
      name: "orders",
      sum: {
        isMonotonic: true,
        aggregationTemporality: 1,
        dataPoints: [
          { ...point, asInt: "3" },
          { ...point, asDouble: 0.5 },
        ],
      },
    },
    {
      name: "latency",
      unit: "ms",
      histogram: {
        dataPoints: [
          { ...point, count: "4", sum: 10, bucketCounts: ["1", "3"], explicitBounds: [5] },
        ],
      },
    },
    { name: "gone", gauge: { dataPoints: [{ ...point, flags: 1 }] } },
  ]);
  assert.deepEqual(
    events.map(({ event, properties }) => [event, JSON.parse(properties)]),
    [
      ["orders", { slot: "a", value: 3 }],
      ["orders", { slot: "a", value: 0.5 }],
      ["latency", { slot: "a", count: 4, sum: 10, bucketCounts: [1, 3], explicitBounds: [5] }],
    ],
  );
  assert.equal(JSON.parse(events[0]?.context ?? "").metric.temporality, "delta");
});

test("equal records of one request are different, and the same request again is the same", () => {
  const record = { timeUnixNano: NANOS, body: { stringValue: "again" } };
  const ids = (): readonly string[] =>
    readAll("logs", [record, record]).events.map(({ messageId }) => messageId);
  assert.equal(new Set(ids()).size, 2);
  assert.deepEqual(ids(), ids());
});

test("a bad record says where, and can be read again from what is kept of it", () => {
  const bad = { name: "x", traceId: "zz", spanId: TRACE.spanId };
  const { faults, messages } = readAll("traces", [bad, { ...TRACE, name: "y" }, null]);
  assert.deepEqual(
    faults.map(({ index, path }) => [index, path]),
    [
      [0, "/record/traceId"],
      [2, "/record"],
    ],
  );
  const kept = JSON.parse(JSON.stringify(messages[0]));
  const mended = { ...kept, record: { ...kept.record, traceId: TRACE.traceId } };
  const again = readOtlpRecord("traces", mended, RECEIPT, String);
  assert.equal(again.events[0]?.unit, "i-1");
  const wrong = [
    { name: "", gauge: { dataPoints: [{}] } },
    { name: "a" },
    { name: "b", gauge: { dataPoints: [{}] } },
  ];
  assert.deepEqual(
    readAll("metrics", wrong).faults.map(({ path }) => path),
    ["/record/name", "/record", "/record/point"],
  );
});

test("no event is later than its receipt, and one without a time happened then", () => {
  for (const timeUnixNano of ["18446744073709551615", "0", "soon", undefined]) {
    assert.equal(readOne("logs", { timeUnixNano }).at, RECEIVED);
  }
});

test("what is no list where one must be is not read as an empty one", () => {
  const requests = [
    { resourceLogs: "x" },
    { resourceLogs: [null] },
    { resourceLogs: [{ scopeLogs: { logRecords: [] } }] },
    { resourceLogs: [{ scopeLogs: [7] }] },
    { resourceLogs: [{ scopeLogs: [{ logRecords: { eventName: "lost" } }] }] },
  ];
  for (const request of requests) {
    const read = readOtlp("logs", request, RECEIPT, () => "d");
    assert.equal(read.ok ? "read" : read.error.kind, "unreadable", JSON.stringify(request));
  }
});

test("an empty request and empty members are read", () => {
  for (const empty of [
    {},
    { resourceLogs: [] },
    { resourceLogs: [{}] },
    { resourceLogs: [{ scopeLogs: [{}] }] },
  ]) {
    const read = readOtlp("logs", empty, RECEIPT, String);
    assert.equal(read.ok && read.value.events.length, 0);
  }
  assert.equal(readOtlp("logs", [], RECEIPT, String).ok, false);
  assert.equal(readOne("logs", { body: {} }).properties, "{}");
});
