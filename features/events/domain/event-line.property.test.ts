import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { decodeLine, encodeEvents } from "./event-line.ts";
import { EVENT_TYPES } from "./flat-event.ts";
import type { FlatEvent } from "./flat-event.ts";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const optional = fc.option(name, { nil: null });
/** Neighbours often have the same ones. */
const instant = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_999 }),
  fc.constantFrom(0, 1_762_000_000_000),
);
const json = fc
  .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 }))
  .map((value) => JSON.stringify(value));

export const anyEvent: fc.Arbitrary<FlatEvent> = fc.record({
  workspace: name,
  environment: name,
  source: name,
  messageId: name,
  type: fc.constantFrom(...EVENT_TYPES),
  event: name,
  unit: name,
  userId: optional,
  anonymousId: optional,
  at: instant,
  timestamp: fc.option(instant, { nil: null }),
  sentAt: fc.option(instant, { nil: null }),
  receivedAt: instant,
  experimentId: optional,
  flagKey: optional,
  revision: optional,
  variant: optional,
  properties: json,
  context: json,
});

test("events come back from the log as they went in", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 8 }), (events) => {
      const lines = encodeEvents(events).split("\n");
      assert.equal(lines.pop(), "");
      assert.deepEqual(lines.map(decodeLine), events.map(throughJson));
    }),
  );
});

/** A key may stand twice in the generated JSON text; parsing and writing it keeps the last. */
function throughJson(event: FlatEvent): FlatEvent {
  const again = (text: string): string => JSON.stringify(JSON.parse(text));
  return { ...event, properties: again(event.properties), context: again(event.context) };
}

test("lone surrogates are replaced in ids and in every depth of the properties", () => {
  const properties = JSON.stringify({
    "k\ud800": ["v\udfff", { deep: "\ud83d" }],
    fine: "\u{1F600}",
  });
  const [line] = encodeEvents([{ ...sample, messageId: "m\ud800", properties }]).split("\n");
  assert.ok(line !== undefined && line.isWellFormed() && !/\\ud[89a-f]/i.test(line));
  assert.equal(
    decodeLine(line)?.properties,
    '{"k\ufffd":["v\ufffd",{"deep":"\ufffd"}],"fine":"\u{1F600}"}',
  );
});

const sample: FlatEvent = {
  workspace: "w",
  environment: "e",
  source: "s",
  messageId: "m",
  type: "track",
  event: "E",
  unit: "u",
  userId: "u",
  anonymousId: null,
  at: 1,
  timestamp: null,
  sentAt: null,
  receivedAt: 2,
  experimentId: null,
  flagKey: null,
  revision: null,
  variant: null,
  properties: "{}",
  context: "{}",
};
