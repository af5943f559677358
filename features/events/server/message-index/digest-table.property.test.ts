import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { DigestTable } from "./digest-table.ts";
import { MessageDigests } from "./digests.ts";
import { addToFilter, emptyFilter, mayHold } from "./filter.ts";

/** Few different words, so that slots are fought for; zeros, too. */
const word = fc.constantFrom(0, 1, 2, 15, 16, 31, -1);
const digest = fc.tuple(word, word, word, word);

test("a table of digests knows what a plain set knows, through growing and gaps", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ remove: fc.boolean(), digest }), { maxLength: 300 }),
      (steps) => {
        const table = new DigestTable(1);
        const known = new Set<string>();
        for (const step of steps) {
          const words = Int32Array.of(9, ...step.digest);
          const key = step.digest.join();
          assert.equal(table.has(words, 1), known.has(key));
          if (step.remove) {
            table.remove(words, 1);
            known.delete(key);
          } else {
            assert.equal(table.add(words, 1), !known.has(key));
            known.add(key);
          }
          assert.equal(table.size, known.size);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a filter never denies what it holds, and rarely claims what it does not", () => {
  const digests = new MessageDigests(new Uint8Array(16).fill(7));
  const scope = { workspace: "w", environment: "e", source: "s" };
  const name = (prefix: string) => (_: unknown, place: number) => `${prefix}-${place}`;
  const held = digests.ofSource(scope, Array.from({ length: 20_000 }, name("held")));
  const other = digests.ofSource(scope, Array.from({ length: 20_000 }, name("other")));
  const filter = emptyFilter(20_000, 16);
  for (let at = 0; at < held.length; at += 4) addToFilter(filter, held, at);
  let wrong = 0;
  for (let at = 0; at < held.length; at += 4) {
    assert.equal(mayHold(filter, held, at), true);
    if (mayHold(filter, other, at)) wrong += 1;
  }
  // Expected: 0.1 % of 20,000.
  assert.ok(wrong < 60, `${wrong} of 20,000`);
});

test("ids differ by scope and by every character, and those of one scope are the same again", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.record({
          source: fc.constantFrom("a", "a\nb"),
          messageId: fc.string({ unit: "binary" }),
        }),
        {
          selector: ({ source, messageId }) => `${source.length} ${messageId}`,
          maxLength: 20,
        },
      ),
      (keys) => {
        const digests = new MessageDigests(new Uint8Array(16).fill(1));
        const messages = keys.map((key) => ({ workspace: "w", environment: "e", ...key }));
        const all = digests.of(messages);
        const seen = new Set(keys.map((_, place) => all.subarray(place * 4, place * 4 + 4).join()));
        assert.equal(seen.size, keys.length);
        for (const [place, message] of messages.entries()) {
          const alone = digests.ofSource(message, [message.messageId]);
          assert.deepEqual(alone, all.slice(place * 4, place * 4 + 4));
        }
      },
    ),
  );
});
