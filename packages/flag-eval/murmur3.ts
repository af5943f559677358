const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

function scramble(block: number): number {
  const multiplied = Math.imul(block, C1);
  return Math.imul((multiplied << 15) | (multiplied >>> 17), C2);
}

function mix(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, byteLength: number): number {
  let mixed = hash ^ byteLength;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const encoder = new TextEncoder();

/**
 * MurmurHash3 x86 32-bit with seed 0 over the UTF-8 bytes of `text`, as Go and Rust flagd hash it.
 * A lone surrogate counts as U+FFFD, like in every UTF-8 encoder.
 *
 * @returns an integer from 0 to 2^32 - 1
 * @see Appleby, MurmurHash3.cpp; vectors in murmur3.test.ts
 */
export function murmur3(text: string): number {
  const length = text.length;
  let hash = 0;
  let index = 0;
  // Characters of ASCII are their bytes; the first other one hands over to the encoder.
  for (; index + 4 <= length; index += 4) {
    const a = text.charCodeAt(index);
    const b = text.charCodeAt(index + 1);
    const c = text.charCodeAt(index + 2);
    const d = text.charCodeAt(index + 3);
    if ((a | b | c | d) > 0x7f) return hashBytes(encoder.encode(text));
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  let block = 0;
  for (; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return hashBytes(encoder.encode(text));
    block |= code << ((index & 3) << 3);
  }
  return finish((length & 3) === 0 ? hash : hash ^ scramble(block), length);
}

function hashBytes(bytes: Uint8Array): number {
  let [hash, block] = [0, 0];
  for (const [index, byte] of bytes.entries()) {
    block |= byte << ((index & 3) << 3);
    if ((index & 3) === 3) {
      hash = mix(hash, block);
      block = 0;
    }
  }
  return finish((bytes.length & 3) === 0 ? hash : hash ^ scramble(block), bytes.length);
}
