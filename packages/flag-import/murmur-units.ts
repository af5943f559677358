const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

function scramble(block: number): number {
  const multiplied = Math.imul(block, C1);
  return Math.imul((multiplied << 15) | (multiplied >>> 17), C2);
}

/**
 * MurmurHash3 x86 32-bit over the low byte of every UTF-16 unit, as `murmurhash3js` computes it.
 * The same as over UTF-8 for ASCII alone; Unleash's JavaScript clients bucket by this one.
 *
 * @returns an integer from 0 to 2^32 - 1
 */
export function murmurOfUnits(text: string, seed: number): number {
  const block = (at: number, count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      value |= (text.charCodeAt(at + index) & 0xff) << (index * 8);
    }
    return value;
  };
  const rest = text.length % 4;
  const end = text.length - rest;
  let hash = seed;
  for (let index = 0; index < end; index += 4) {
    hash ^= scramble(block(index, 4));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (rest > 0) hash ^= scramble(block(end, rest));
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
