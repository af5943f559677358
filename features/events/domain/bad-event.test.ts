import assert from "node:assert/strict";
import { test } from "node:test";

import { badEvent, readBadEvent, resolvedEvent } from "./bad-event.ts";
import type { BadEventInput } from "./bad-event.ts";
import { decodeLine, encodeEvents } from "./event-line.ts";

const RECEIPT = {
  workspace: "w1",
  environment: "production",
  source: "shop",
  receivedAt: 1_700_000_000_000,
  replay: false,
  newMessageId: () => "made",
};

function input(raw: unknown, parts: Partial<BadEventInput> = {}): BadEventInput {
  return {
    receipt: RECEIPT,
    kind: "invalid",
    path: "/userId",
    reason: "userId or anonymousId is needed",
    plan: null,
    dialect: "segment",
    call: "track",
    raw,
    sentAt: null,
    context: undefined,
    read: null,
    ...parts,
  };
}

test("a bad event keeps the event as sent and can be read back from its line in the log", () => {
  const raw = { event: "Order", properties: { price: "12" }, messageId: "m1" };
  const event = badEvent(input(raw));
  const line = decodeLine(encodeEvents([event]).trimEnd());
  assert.deepEqual(line, event);
  const body = readBadEvent(event.properties);
  assert.deepEqual(body?.raw, raw);
  assert.deepEqual([body?.kind, body?.path, body?.call], ["invalid", "/userId", "track"]);
  assert.equal(event.event, "Order");
});

test("faults at different places of a list are one group, and the exact place is kept", () => {
  const raw = { properties: { products: [{}, { price: "1" }] } };
  const path = "/properties/products/1/price";
  const body = readBadEvent(badEvent(input(raw, { path })).properties);
  assert.deepEqual([body?.path, body?.at], ["/properties/products/*/price", path]);
});

test("the ids of a bad event are kept where erasure looks for them", () => {
  const event = badEvent(input({ userId: 7, anonymousId: "a".repeat(600) }));
  assert.deepEqual([event.unit, event.userId], ["7", "7"]);
  assert.equal(event.anonymousId?.length, 512);
});

test("the same bad message has the same id, and the corrected one another", () => {
  assert.equal(badEvent(input({ messageId: "m1" })).messageId, "bad:m1");
  assert.equal(badEvent(input({})).messageId, "bad:made");
  assert.equal(badEvent(input("no object")).messageId, "bad:made");
});

test("what no parser would take is left out, and the rest is kept", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const event = badEvent(input({ event: "Order", properties: deep }));
  assert.equal(event.event, "Order");
  assert.match(event.properties, /left out: nested too deeply/);
  assert.ok(event.properties.length < 1_000);
});

test("a resolution belongs to its bad event and to the same person", () => {
  const bad = badEvent(input({ userId: "u1", messageId: "m1" }));
  const resolved = resolvedEvent(bad, {
    outcome: "dismissed",
    by: "user:1",
    reason: "a test",
    at: 5,
  });
  assert.equal(resolved.messageId, "resolved:bad:m1");
  assert.deepEqual([resolved.unit, resolved.userId, resolved.source], ["u1", "u1", "shop"]);
});
