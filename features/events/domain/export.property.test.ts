import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { csvCell, exportedEvent, MESSAGE_TYPES, readBody } from "./index.ts";
import type { FlatEvent } from "./index.ts";

const RECEIPT = {
  workspace: "w1",
  environment: "production",
  source: "shop",
  receivedAt: Date.UTC(2026, 0, 5),
  replay: false,
  newMessageId: () => "made up",
};

const name = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const message = fc.record(
  {
    type: fc.constantFrom(...MESSAGE_TYPES),
    messageId: name,
    userId: name,
    anonymousId: fc.option(name, { nil: undefined }),
    event: name,
    name,
    groupId: name,
    previousId: name,
    timestamp: fc
      .integer({ min: Date.UTC(2025, 0, 1), max: RECEIPT.receivedAt })
      .map((at) => new Date(at).toISOString()),
    properties: fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })),
    traits: fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })),
    context: fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })),
  },
  { requiredKeys: ["type", "messageId", "userId", "event", "groupId", "previousId", "timestamp"] },
);

function read(one: unknown): FlatEvent {
  const body: unknown = JSON.parse(JSON.stringify({ batch: [one] }));
  const result = readBody(body, "batch", RECEIPT);
  assert.ok(result.ok);
  const [event] = result.value.events;
  assert.ok(event !== undefined, JSON.stringify(result.value.faults));
  return event;
}

/** Members of an object have no order. */
function parsed({ properties, context, ...rest }: FlatEvent): unknown {
  return { ...rest, properties: JSON.parse(properties), context: JSON.parse(context) };
}

test("an exported event that is imported again is the same event", () => {
  fc.assert(
    fc.property(message, (sent) => {
      const event = read(sent);
      assert.deepEqual(parsed(read(exportedEvent(event))), parsed(event));
    }),
  );
});

test("an exposure leaves as the event by which Segment reports one, and comes back as an exposure", () => {
  const event = read({
    type: "track",
    event: "Experiment Viewed",
    messageId: "m1",
    userId: "u1",
    properties: { experiment_id: "e1", variation_id: "b", revision: "3", flag_key: "checkout" },
  });
  assert.equal(event.type, "exposure");
  const again = read(exportedEvent(event));
  assert.deepEqual(
    [again.type, again.flagKey, again.variant, again.experimentId, again.revision, again.unit],
    ["exposure", "checkout", "b", "e1", "3", "u1"],
  );
});

test("no cell begins a formula, and every cell is read back as it was but for one quote", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom("=1+1", "+1", "-1", "@x", "\t=1")),
      (text) => {
        const cell = csvCell(text);
        const inner = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        assert.doesNotMatch(inner, /^[=+\-@\t\r]/u);
        assert.ok(inner === text || inner === `'${text}`);
        assert.ok(cell.startsWith('"') || !/[",\r\n]/u.test(cell));
      },
    ),
  );
});
