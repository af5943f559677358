import assert from "node:assert/strict";
import { test } from "node:test";

import type { FlatEvent } from "./flat-event.ts";
import { posthogKey, readPosthog } from "./posthog.ts";

const RECEIVED = Date.UTC(2026, 4, 1, 12);
const RECEIPT = {
  workspace: "w1",
  environment: "production",
  source: "shop",
  receivedAt: RECEIVED,
  replay: false,
  newMessageId: () => "made",
};

function readOne(message: object): FlatEvent {
  const read = readPosthog({ batch: [message] }, RECEIPT);
  assert.ok(read.ok);
  const [event] = read.value.events;
  assert.ok(event, JSON.stringify(read.value.faults));
  return event;
}

function faultOf(message: unknown): readonly [string, string] {
  const read = readPosthog([message], RECEIPT);
  assert.ok(read.ok);
  const [fault] = read.value.faults;
  assert.ok(fault, "the event was taken");
  return [fault.path, fault.reason];
}

test("an event is tracked under its name, for its distinct id, with its uuid as message id", () => {
  const event = readOne({
    event: "order completed",
    uuid: "0197-1",
    distinct_id: "ada",
    timestamp: "2026-05-01T11:59:00Z",
    library: "posthog-node",
    library_version: "5.70.0",
    properties: { total: 12, $lib: "posthog-node" },
  });
  const { type, event: name, unit, userId, messageId, at } = event;
  assert.deepEqual([type, name, unit, userId], ["track", "order completed", "ada", "ada"]);
  assert.deepEqual([messageId, at], ["0197-1", RECEIVED - 60_000]);
  assert.deepEqual(JSON.parse(event.properties), { total: 12, $lib: "posthog-node" });
  assert.equal(JSON.parse(event.context).library.name, "posthog-node");
});

test("PostHog's own events become the calls of the specification", () => {
  const calls = [
    ["$identify", { $set: { plan: "pro" }, $anon_distinct_id: "device-1" }, "identify", ""],
    ["$set", { $set: { plan: "pro" } }, "identify", ""],
    ["$create_alias", { alias: "old" }, "alias", ""],
    [
      "$groupidentify",
      { $group_type: "team", $group_key: "blue", $group_set: { size: 3 } },
      "group",
      "",
    ],
    ["$pageview", { $pathname: "/cart" }, "page", "/cart"],
    ["$screen", { $screen_name: "Cart" }, "screen", "Cart"],
    ["$autocapture", {}, "track", "$autocapture"],
    ["toString", {}, "track", "toString"],
  ] as const;
  for (const [event, properties, type, name] of calls) {
    const read = readOne({ event, distinct_id: "ada", properties });
    assert.deepEqual([read.type, read.event, read.unit], [type, name, "ada"], event);
  }
  const identified = readOne({ event: "$identify", distinct_id: "ada", properties: calls[0][1] });
  assert.deepEqual([identified.userId, identified.anonymousId], ["ada", "device-1"]);
  assert.deepEqual(JSON.parse(identified.properties), { plan: "pro" });
});

test("a device that nobody signed in on is anonymous, a group's made-up id is no person", () => {
  const properties = { distinct_id: "device-1", $device_id: "device-1" };
  const anonymous = readOne({ event: "$pageview", properties });
  assert.deepEqual(
    [anonymous.userId, anonymous.anonymousId, anonymous.unit],
    [null, "device-1", "device-1"],
  );
  const group = readOne({
    event: "$groupidentify",
    distinct_id: "$team_blue",
    properties: { $group_type: "team", $group_key: "blue" },
  });
  assert.deepEqual([group.userId, group.unit], [null, "blue"]);
});

test("a flag that was called is an exposure; without an answer it is an event", () => {
  const properties = {
    $feature_flag: "checkout",
    $feature_flag_response: true,
    $feature_flag_version: 7,
  };
  const exposure = readOne({ event: "$feature_flag_called", distinct_id: "ada", properties });
  const { type, flagKey, variant, revision } = exposure;
  assert.deepEqual([type, flagKey, variant, revision], ["exposure", "checkout", "true", "7"]);
  const unanswered = { $feature_flag: "checkout", $feature_flag_response: null };
  assert.equal(
    readOne({ event: "$feature_flag_called", distinct_id: "ada", properties: unanswered }).type,
    "track",
  );
});

test("faults name the field as PostHog calls it", () => {
  assert.deepEqual(faultOf({ event: "x" }), ["/distinct_id", "distinct_id is needed"]);
  assert.equal(faultOf({ distinct_id: "a" })[0], "/event");
  assert.equal(faultOf({ event: "x", distinct_id: "a", properties: [] })[0], "/properties");
  assert.equal(faultOf({ event: "x", distinct_id: "a", uuid: {} })[0], "/uuid");
  assert.equal(faultOf({ event: "$create_alias", distinct_id: "a" })[0], "/properties/alias");
  assert.equal(faultOf(null)[0], "");
});

test("one event, an array and a batch are bodies; the key stands in any of three places", () => {
  const one = { event: "x", distinct_id: "a", properties: { token: "inner" } };
  for (const body of [one, [one], { batch: [one] }]) {
    const read = readPosthog(body, RECEIPT);
    assert.equal(read.ok && read.value.events.length, 1);
  }
  assert.equal(readPosthog({}, RECEIPT).ok, false);
  assert.equal(readPosthog("x", RECEIPT).ok, false);
  assert.equal(posthogKey({ api_key: "outer", batch: [one] }), "outer");
  assert.equal(posthogKey([{ ...one, token: "event" }]), "event");
  assert.equal(posthogKey([one]), "inner");
  assert.equal(posthogKey({}), null);
});

test("an offset says how long ago something happened", () => {
  assert.equal(readOne({ event: "x", distinct_id: "a", offset: 1_500 }).at, RECEIVED - 1_500);
});
