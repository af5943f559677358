import { crc32 } from "node:zlib";

/**
 * A run: digests in order, then a filter over them, then the first word of every 256th, by which one
 * page of 4 KiB is found. All words are little-endian.
 */
export const FENCE_EVERY = 256;
export const HEADER_BYTES = 64;
const HEADER_WORDS = HEADER_BYTES / 4;
const MAGIC = 0x31494d50;
const CHECKED_WORDS = 8;

export interface RunHeader {
  readonly digests: number;
  readonly filterWords: number;
  /** Days since 1970 (UTC, by the wall clock) on which the first and the last was recorded. */
  readonly firstDay: number;
  readonly lastDay: number;
  /** CRC-32 of the filter and the fences. */
  readonly checksum: number;
}

const RUN_NAME = /^(\d{12})-(\d{12})\.run$/;

/** A run made by merging covers the numbers of its inputs. */
export function runName(from: number, to: number): string {
  return `${String(from).padStart(12, "0")}-${String(to).padStart(12, "0")}.run`;
}

export function parseRunName(name: string): { readonly from: number; readonly to: number } | null {
  const [, from, to] = RUN_NAME.exec(name) ?? [];
  return from === undefined || to === undefined ? null : { from: Number(from), to: Number(to) };
}

export function fencesOf(digests: number): number {
  return Math.ceil(digests / FENCE_EVERY);
}

export function writeHeader(header: RunHeader): Uint8Array {
  const words = new Uint32Array(HEADER_WORDS);
  words[0] = MAGIC;
  words[1] = header.digests;
  words[2] = Math.floor(header.digests / 2 ** 32);
  words[3] = header.filterWords;
  words[4] = header.firstDay;
  words[5] = header.lastDay;
  words[6] = header.checksum;
  words[CHECKED_WORDS] = crc32(new Uint8Array(words.buffer, 0, CHECKED_WORDS * 4));
  return new Uint8Array(words.buffer);
}

/** @returns null for anything that `writeHeader` cannot have written */
export function readHeader(bytes: Uint8Array): RunHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const words = new Uint32Array(bytes.slice(0, HEADER_BYTES).buffer);
  const word = (place: number): number => words[place] ?? 0;
  const whole = crc32(bytes.subarray(0, CHECKED_WORDS * 4)) === word(CHECKED_WORDS);
  if (!whole || word(0) !== MAGIC) return null;
  return {
    digests: word(1) + word(2) * 2 ** 32,
    filterWords: word(3),
    firstDay: word(4),
    lastDay: word(5),
    checksum: word(6),
  };
}

export function checksumOf(filter: Int32Array, fences: Int32Array): number {
  return crc32(bytesOf(fences), crc32(bytesOf(filter)));
}

export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
