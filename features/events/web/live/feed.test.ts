import assert from "node:assert/strict";
import test from "node:test";

import type { LiveEventView } from "../../api.ts";
import { itemKey, prepend, received } from "./feed.ts";
import type { Feed } from "./feed.ts";

const item = (messageId: string): LiveEventView => ({
  source: "shop",
  messageId,
  type: "track",
  event: "Order",
  unit: "u1",
  userId: "u1",
  anonymousId: null,
  at: "2026-01-05T00:00:00.000Z",
  timestamp: null,
  sentAt: null,
  receivedAt: "2026-01-05T00:00:00.000Z",
  flagKey: null,
  variant: null,
  properties: {},
  context: {},
  verdict: null,
  fault: null,
});
const ids = (items: readonly { readonly messageId: string }[]) =>
  items.map(({ messageId }) => messageId);
const feed: Feed = { items: [item("a")], held: [], paused: false, dropped: 0, state: "live" };

test("what came last is on top, and an event that is stored and live is shown once", () => {
  const next = received(feed, { items: [item("b"), item("c"), item("a")], dropped: 0 });
  assert.deepEqual(ids(next.items), ["a", "c", "b"]);
  assert.deepEqual(ids(prepend([item("a"), item("z")], next.items).items), ["a", "c", "b", "z"]);
});

test("while paused the list stands still, what comes is held, and what falls out is counted", () => {
  const many = Array.from({ length: 250 }, (_, place) => item(`m${place}`));
  const paused = received({ ...feed, paused: true }, { items: many, dropped: 7 });
  assert.deepEqual(ids(paused.items), ["a"]);
  assert.equal(paused.held.length, 200);
  assert.equal(paused.dropped, 57);
  assert.equal(itemKey(paused.held[0] ?? item("none")), "shop/m249");
});
