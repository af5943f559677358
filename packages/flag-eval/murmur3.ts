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
  // Four ASCII characters are one block; the first other character hands over to the slow loop.
  for (; index + 4 <= length; index += 4) {
    const a = text.charCodeAt(index);
    const b = text.charCodeAt(index + 1);
    const c = text.charCodeAt(index + 2);
    const d = text.charCodeAt(index + 3);
    if ((a | b | c | d) > 0x7f) break;
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  return murmur3Tail(text, index, hash);
}

/** Continues after `start` ASCII characters (a multiple of four), byte by byte. */
function murmur3Tail(text: string, start: number, hashed: number): number {
  let hash = hashed;
  let byteLength = start;
  let block = 0;
  const push = (byte: number): void => {
    block |= byte << ((byteLength & 3) << 3);
    byteLength += 1;
    if ((byteLength & 3) === 0) {
      hash = mix(hash, block);
      block = 0;
    }
  };
  for (let index = start; index < text.length; index += 1) {
    let point = text.codePointAt(index) ?? 0;
    if (point > 0xffff) index += 1;
    else if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) push(point);
    else {
      if (point < 0x800) push(0xc0 | (point >> 6));
      else {
        if (point < 0x10000) push(0xe0 | (point >> 12));
        else {
          push(0xf0 | (point >> 18));
          push(0x80 | ((point >> 12) & 0x3f));
        }
        push(0x80 | ((point >> 6) & 0x3f));
      }
      push(0x80 | (point & 0x3f));
    }
  }
  if ((byteLength & 3) !== 0) hash ^= scramble(block);
  return finish(hash, byteLength);
}
