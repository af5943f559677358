import assert from "node:assert/strict";
import { test } from "node:test";

import { readBody } from "./batch.ts";
import type { FlatEvent } from "./flat-event.ts";
import { MAX_EVENT_LENGTH } from "./message.ts";
import type { Receipt } from "./message.ts";

const RECEIVED = Date.UTC(2026, 4, 1, 12);
const RECEIPT: Receipt = {
  workspace: "w1",
  environment: "production",
  source: "shop",
  receivedAt: RECEIVED,
  replay: false,
  newMessageId: () => "made-here",
};

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function readOne(message: unknown, receipt = RECEIPT, sentAt?: string): FlatEvent {
  const read = readBody({ batch: [message], sentAt }, "batch", receipt);
  assert.ok(read.ok);
  const [event] = read.value.events;
  assert.ok(event, JSON.stringify(read.value.faults));
  return event;
}

function faultOf(message: unknown): { kind: string; path: string } {
  const read = readBody({ batch: [message] }, "batch", RECEIPT);
  assert.ok(read.ok);
  const [fault] = read.value.faults;
  assert.ok(fault, "the event was taken");
  return { kind: fault.kind, path: fault.path };
}

test("a track call becomes one flat event", () => {
  const event = readOne({
    type: "track",
    event: "Order Completed",
    userId: "u1",
    anonymousId: "a1",
    messageId: "m1",
    timestamp: iso(RECEIVED - 5_000),
    properties: { revenue: 12.5 },
    context: { campaign: { name: "spring" } },
  });
  assert.deepEqual(event, {
    workspace: "w1",
    environment: "production",
    source: "shop",
    messageId: "m1",
    type: "track",
    event: "Order Completed",
    unit: "u1",
    userId: "u1",
    anonymousId: "a1",
    at: RECEIVED - 5_000,
    timestamp: RECEIVED - 5_000,
    sentAt: null,
    receivedAt: RECEIVED,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: '{"revenue":12.5}',
    context: '{"campaign":{"name":"spring"}}',
  });
});

test("a client's wrong clock is corrected by its own send time, and never leads past receipt", () => {
  const track = { type: "track", event: "E", userId: "u" };
  const ahead = 3_600_000;
  const corrected = readOne(
    { ...track, timestamp: iso(RECEIVED + ahead - 10_000) },
    RECEIPT,
    iso(RECEIVED + ahead),
  );
  assert.equal(corrected.at, RECEIVED - 10_000);
  assert.equal(readOne({ ...track, timestamp: iso(RECEIVED + ahead) }).at, RECEIVED);
  assert.equal(readOne(track).at, RECEIVED);
});

test("in a replay an event keeps its own instant whatever the send time says", () => {
  const timestamp = "2008-03-20T10:00:00";
  const event = readOne(
    { type: "track", event: "Visit", userId: "u", timestamp },
    { ...RECEIPT, replay: true },
    iso(RECEIVED + 1),
  );
  assert.equal(event.at, Date.UTC(2008, 2, 20, 10));
  assert.equal(event.receivedAt, RECEIVED);
});

test("RudderStack's original timestamp stands in for a missing one", () => {
  const event = readOne({
    type: "page",
    name: "Home",
    anonymousId: "a",
    originalTimestamp: iso(RECEIVED - 1),
  });
  assert.equal(event.at, RECEIVED - 1);
  assert.equal(event.event, "Home");
});

test("an event without a message id gets one, and one with a number as user id keeps it as text", () => {
  const event = readOne({ type: "identify", userId: 42, traits: { plan: "pro" } });
  assert.equal(event.messageId, "made-here");
  assert.equal(event.unit, "42");
  assert.equal(readOne({ type: "page", userId: 2 ** 53 - 1 }).unit, "9007199254740991");
  assert.equal(event.properties, '{"plan":"pro"}');
});

test("Experiment Viewed is an exposure, and without a variation it stays what it is", () => {
  const viewed = { type: "track", event: "Experiment Viewed", userId: "u" };
  const exposure = readOne({ ...viewed, properties: { experiment_id: "e1", variation_id: "b" } });
  assert.deepEqual(
    [exposure.type, exposure.event, exposure.experimentId, exposure.flagKey, exposure.variant],
    ["exposure", "e1", "e1", "e1", "b"],
  );
  assert.equal(readOne({ ...viewed, properties: { experiment_id: "e1" } }).type, "track");
});

const FAULTS: readonly (readonly [string, unknown, string, string])[] = [
  ["no object", 7, "invalid", ""],
  ["no type", { userId: "u" }, "invalid", "/type"],
  ["an unknown type", { type: "exposure", userId: "u" }, "invalid", "/type"],
  ["nobody", { type: "track", event: "E" }, "invalid", "/userId"],
  ["no event name", { type: "track", userId: "u" }, "invalid", "/event"],
  ["a long name", { type: "track", userId: "u", event: "x".repeat(513) }, "invalid", "/event"],
  ["an object as id", { type: "page", userId: { id: 1 } }, "invalid", "/userId"],
  // Each would be another number as a double, and with it another person or another message.
  ["a number beyond 2^53 as id", { type: "page", userId: 2 ** 53 }, "invalid", "/userId"],
  ["a number without end", { type: "page", userId: Number("1e999") }, "invalid", "/userId"],
  ["a long number", { type: "page", userId: "u", messageId: 1e20 }, "invalid", "/messageId"],
  [
    "a day that is none",
    { type: "page", userId: "u", timestamp: "2026-02-30" },
    "invalid",
    "/timestamp",
  ],
  ["a group without id", { type: "group", userId: "u" }, "invalid", "/groupId"],
  ["an alias without origin", { type: "alias", userId: "u" }, "invalid", "/previousId"],
  ["no instant", { type: "page", userId: "u", timestamp: "soon" }, "invalid", "/timestamp"],
  ["properties as list", { type: "page", userId: "u", properties: [] }, "invalid", "/properties"],
  [
    "too large",
    { type: "page", userId: "u", properties: { text: "x".repeat(MAX_EVENT_LENGTH) } },
    "oversize",
    "/properties",
  ],
];

for (const [name, message, kind, path] of FAULTS) {
  test(`a message with ${name} is refused alone, with its reason's place`, () => {
    assert.deepEqual(faultOf(message), { kind, path });
  });
}

test("one bad event costs its batch nothing, and places point into the body", () => {
  const good = { type: "page", userId: "u" };
  const read = readBody({ batch: [good, null, good] }, "batch", RECEIPT);
  assert.ok(read.ok);
  assert.deepEqual(read.value.positions, [0, 2]);
  assert.deepEqual(
    read.value.faults.map((fault) => fault.index),
    [1],
  );
});

test("nesting beyond the call stack is a fault of the event", () => {
  let nested: unknown = 1;
  for (let depth = 0; depth < 200_000; depth += 1) nested = [nested];
  const fault = faultOf({ type: "page", userId: "u", properties: { nested } });
  assert.deepEqual(fault, { kind: "invalid", path: "/properties" });
});

test("a body that is no batch is unreadable as a whole", () => {
  for (const body of [null, [], 1, {}, { batch: {} }]) {
    assert.equal(readBody(body, "batch", RECEIPT).ok, false);
  }
});
