import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { murmur3 } from "./murmur3.ts";

/** The reference in its plainest form, over the bytes Node's own encoder gives. */
function slowMurmur3(text: string): number {
  const bytes = Buffer.from(text, "utf8");
  const scramble = (block: number): number => {
    const k = Math.imul(block, 0xcc9e2d51);
    return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  };
  let hash = 0;
  const whole = bytes.length - (bytes.length % 4);
  for (let offset = 0; offset < whole; offset += 4) {
    hash ^= scramble(bytes.readInt32LE(offset));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (whole < bytes.length) hash ^= scramble(bytes.readUIntLE(whole, bytes.length - whole));
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

// The first seven are published for seed 0; the five short ones are preimages found by the flagd test
// bed; the last ones were computed by imurmurhash 0.1.4 over the UTF-8 bytes.
const VECTORS: readonly (readonly [string, number])[] = [
  ["", 0],
  ["hello", 0x248bfa47],
  ["hello, world", 0x149bbb7f],
  ["19 Jan 2038 at 3:14:07 AM", 0xe31e8a70],
  ["The quick brown fox jumps over the lazy dog.", 0xd5c48bfc],
  ["a", 1_009_084_850],
  ["abc", 0xb3dd93fa],
  ["ejOoVL", 0],
  ["bY9fO-", 1],
  ["SI7p-", 2_147_483_647],
  ["6LvT0", 2_147_483_648],
  ["ceQdGm", 4_294_967_295],
  ["müller@example.com", 3_393_491_938],
  ["日本語", 2_779_017_879],
  ["Ωmega", 4_182_074_849],
  ["👩‍🚀 crew", 2_819_000_727],
  ["naïve café", 1_734_666_806],
  ["ééé", 2_634_713_608],
];

test("known texts have their published hashes, other alphabets by their UTF-8 bytes", () => {
  for (const [text, hash] of VECTORS) assert.equal(murmur3(text), hash, text);
});

test("the hash agrees with the plain form over any text, lone surrogates included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      assert.equal(murmur3(text), slowMurmur3(text));
    }),
    { numRuns: 3000 },
  );
  for (const text of ["\ud800", "a\udfffb", "abc\ud83d", "\ud83d\ude00\ud83d"]) {
    assert.equal(murmur3(text), slowMurmur3(text));
  }
});

test("seeds that differ in one letter split sequential ids, UUIDs and addresses independently", () => {
  const families: readonly ((index: number) => string)[] = [
    (index) => `${index}`,
    (index) => `${(index * 2_654_435_761).toString(16).padStart(12, "0")}-4a7c-9d1f-${index}`,
    (index) => `customer.${index}@example.com`,
  ];
  const seeds = Array.from("abcdefghijkl", (letter) => `experiment-${letter}:`);
  const units = 40_000;
  for (const unit of families) {
    const sides = seeds.map((seed) =>
      Uint8Array.from({ length: units }, (_, index) => murmur3(seed + unit(index)) >>> 31),
    );
    let pairs = 0;
    for (const [first, left] of sides.entries()) {
      for (const right of sides.slice(first + 1)) {
        pairs += 1;
        let agreeing = 0;
        for (const [index, side] of left.entries()) if (side === right[index]) agreeing += 1;
        const z = (agreeing - units / 2) / Math.sqrt(units / 4);
        assert.ok(Math.abs(z) < 4.5, `|z| = ${z} with ids like ${unit(7)}`);
      }
    }
    assert.equal(pairs, 66);
  }
});
