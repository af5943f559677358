/** The three 128-bit keys of a Chaskey instance, as twelve 32-bit words. */
export type ChaskeyKey = Int32Array;

const ROUNDS = 12;
const BLOCK_BYTES = 16;
const WORD_BYTES = 4;
const BYTE = 0xff;

/** @param key 16 bytes, read as little-endian words */
export function chaskeyKey(key: Uint8Array): ChaskeyKey {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return expandKey(Int32Array.from([0, 4, 8, 12], (at) => view.getInt32(at, true)));
}

/** The key schedule: the key itself, and the key times x and x² in GF(2^128). */
export function expandKey(words: Int32Array): ChaskeyKey {
  const keys = new Int32Array(12);
  keys.set(words.subarray(0, 4));
  for (const from of [0, 4]) {
    const word = (place: number): number => keys[from + place] ?? 0;
    const reduction = word(3) < 0 ? 0x87 : 0;
    keys[from + 4] = (word(0) << 1) ^ reduction;
    for (const place of [1, 2, 3]) {
      keys[from + 4 + place] = (word(place) << 1) | (word(place - 1) >>> 31);
    }
  }
  return keys;
}

/**
 * Chaskey-12, a keyed hash of 128 bits made for 32-bit words, over a text whose characters are
 * bytes (U+0000 to U+00FF).
 *
 * @param into gets the four words of the tag at `at`
 * @returns false, with nothing of use in `into`, if a character is no byte
 * @see Mouha et al. (2014), Chaskey: an efficient MAC algorithm for 32-bit microcontrollers, and
 * Mouha (2015), proposal of Chaskey-12; ISO/IEC 29192-6
 */
export function chaskey12(key: ChaskeyKey, text: string, into: Int32Array, at: number): boolean {
  const { length } = text;
  const whole = length > 0 && length % BLOCK_BYTES === 0;
  const last = whole ? length - BLOCK_BYTES : length - (length % BLOCK_BYTES);
  const k = whole ? 4 : 8;
  let v0 = key[0] ?? 0;
  let v1 = key[1] ?? 0;
  let v2 = key[2] ?? 0;
  let v3 = key[3] ?? 0;
  let seen = 0;
  for (let start = 0; start <= last; start += BLOCK_BYTES) {
    if (start < last || whole) {
      for (let place = start; place < start + BLOCK_BYTES; place += WORD_BYTES) {
        const a = text.charCodeAt(place);
        const b = text.charCodeAt(place + 1);
        const c = text.charCodeAt(place + 2);
        const d = text.charCodeAt(place + 3);
        seen |= a | b | c | d;
        const word = a | (b << 8) | (c << 16) | (d << 24);
        if (place === start) v0 ^= word;
        else if (place === start + 4) v1 ^= word;
        else if (place === start + 8) v2 ^= word;
        else v3 ^= word;
      }
    } else {
      for (let place = start; place < length; place += 1) seen |= text.charCodeAt(place);
      v0 ^= lastWord(text, start);
      v1 ^= lastWord(text, start + 4);
      v2 ^= lastWord(text, start + 8);
      v3 ^= lastWord(text, start + 12);
    }
    if (start === last) {
      v0 ^= key[k] ?? 0;
      v1 ^= key[k + 1] ?? 0;
      v2 ^= key[k + 2] ?? 0;
      v3 ^= key[k + 3] ?? 0;
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 13) | (v3 >>> 19)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 7) | (v1 >>> 25)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
  }
  into[at] = v0 ^ (key[k] ?? 0);
  into[at + 1] = v1 ^ (key[k + 1] ?? 0);
  into[at + 2] = v2 ^ (key[k + 2] ?? 0);
  into[at + 3] = v3 ^ (key[k + 3] ?? 0);
  return seen <= BYTE;
}

/** A word of a block that is not full: what is missing is zero, after one byte 1. */
function lastWord(text: string, at: number): number {
  let value = 0;
  for (let place = 0; place < 4; place += 1) {
    const index = at + place;
    if (index < text.length) value |= text.charCodeAt(index) << (place * 8);
    else if (index === text.length) value |= 1 << (place * 8);
  }
  return value;
}
