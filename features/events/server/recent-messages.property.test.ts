import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { RecentMessages } from "./recent-messages.ts";

const step = fc.record({
  remove: fc.integer({ min: 0, max: 5 }).map((roll) => roll === 0),
  scope: fc.constantFrom("shop", "app"),
  id: fc.integer({ min: 0, max: 60 }).map((number) => `m${number}`),
});

test("it knows what a plain list of the newest additions knows", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(step, { maxLength: 300 }),
      (capacity, steps) => {
        const recent = new RecentMessages(capacity);
        // Places of the ring in the order of addition; a removed one stays a place until it is reused.
        let places: (string | null)[] = [];
        for (const { remove, scope, id } of steps) {
          const key = `${scope} ${id}`;
          const known = places.includes(key);
          assert.equal(recent.has(scope, id), known);
          if (remove) {
            recent.remove(scope, id);
            places = places.map((place) => (place === key ? null : place));
          } else {
            assert.equal(recent.add(scope, id), !known);
            if (!known) places = [...places, key].slice(-capacity);
          }
          assert.equal(recent.size, places.filter((place) => place !== null).length);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a full memory stays exact over many more ids than it holds", () => {
  const recent = new RecentMessages(1_000);
  for (let id = 0; id < 20_000; id += 1) {
    assert.equal(recent.add("shop", `message-${id}`), true);
    assert.equal(recent.has("shop", `message-${Math.max(0, id - 999)}`), true);
    assert.equal(recent.has("shop", `message-${id - 1_000}`), false);
  }
  assert.equal(recent.size, 1_000);
});
