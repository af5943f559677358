/** One block is half a cache line: a look-up costs one access to memory, mostly. */
const BLOCK_WORDS = 8;
const BLOCK_BITS = BLOCK_WORDS * 32;

/** Odd multipliers of the split block Bloom filter, as in Parquet's specification. */
const SALTS = Int32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
);

/** An empty filter for so many digests. */
export function emptyFilter(digests: number, bitsPerDigest: number): Int32Array {
  const blocks = Math.max(1, Math.ceil((digests * bitsPerDigest) / BLOCK_BITS));
  return new Int32Array(blocks * BLOCK_WORDS);
}

/**
 * Marks a digest in a split block Bloom filter: one bit in each of the eight words of one block.
 *
 * @see Apple (2021), Split block Bloom filters, arXiv:2101.01719
 */
export function addToFilter(filter: Int32Array, digests: Int32Array, at: number): void {
  const block = blockOf(filter, digests[at + 1] ?? 0);
  const hash = digests[at + 2] ?? 0;
  for (let word = 0; word < BLOCK_WORDS; word += 1) {
    const bit = 1 << (Math.imul(hash, SALTS[word] ?? 0) >>> 27);
    filter[block + word] = (filter[block + word] ?? 0) | bit;
  }
}

/** Whether a digest may be among those that were added; false is certain. */
export function mayHold(filter: Int32Array, digests: Int32Array, at: number): boolean {
  const block = blockOf(filter, digests[at + 1] ?? 0);
  const hash = digests[at + 2] ?? 0;
  for (let word = 0; word < BLOCK_WORDS; word += 1) {
    const bit = 1 << (Math.imul(hash, SALTS[word] ?? 0) >>> 27);
    if (((filter[block + word] ?? 0) & bit) === 0) return false;
  }
  return true;
}

/** Written to, so that reads ahead are not optimised away. */
const touched = new Int32Array(1);

/**
 * Reads the block of every digest once, so that the memory answers many at a time: asking one after
 * the other waits for each, for twice the time in a filter of 50 MB.
 */
export function touchFilter(filter: Int32Array, digests: Int32Array): void {
  let seen = 0;
  for (let at = 1; at < digests.length; at += 4) {
    seen ^= filter[blockOf(filter, digests[at] ?? 0)] ?? 0;
  }
  touched[0] = seen;
}

/** First word of the block, spread evenly by the hash whatever the number of blocks. */
function blockOf(filter: Int32Array, hash: number): number {
  const blocks = filter.length / BLOCK_WORDS;
  return Math.floor(((hash >>> 0) / 2 ** 32) * blocks) * BLOCK_WORDS;
}
