import { compareDigests, DIGEST_WORDS } from "./digests.ts";

/**
 * Sorts digests: they are spread evenly, so they fall into buckets by their first bits, with a few
 * in each to be put in order.
 */
export function sortDigests(digests: Int32Array): Int32Array {
  const count = digests.length / DIGEST_WORDS;
  const bits = Math.min(22, Math.max(1, Math.ceil(Math.log2(count + 1)) - 1));
  const shift = 32 - bits;
  const starts = new Int32Array(2 ** bits + 1);
  for (let at = 0; at < digests.length; at += DIGEST_WORDS) {
    const bucket = ((digests[at] ?? 0) >>> shift) + 1;
    starts[bucket] = (starts[bucket] ?? 0) + 1;
  }
  for (let bucket = 1; bucket < starts.length; bucket += 1) {
    starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  }
  const sorted = new Int32Array(digests.length);
  const next = starts.slice();
  for (let at = 0; at < digests.length; at += DIGEST_WORDS) {
    const bucket = (digests[at] ?? 0) >>> shift;
    const place = next[bucket] ?? 0;
    next[bucket] = place + 1;
    copy(digests, at, sorted, place * DIGEST_WORDS);
  }
  const held = new Int32Array(DIGEST_WORDS);
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1) {
    insertionSort(sorted, starts[bucket] ?? 0, starts[bucket + 1] ?? 0, held);
  }
  return sorted;
}

function insertionSort(digests: Int32Array, from: number, to: number, held: Int32Array): void {
  for (let place = from + 1; place < to; place += 1) {
    copy(digests, place * DIGEST_WORDS, held, 0);
    let gap = place;
    while (gap > from && compareDigests(digests, (gap - 1) * DIGEST_WORDS, held, 0) > 0) {
      copy(digests, (gap - 1) * DIGEST_WORDS, digests, gap * DIGEST_WORDS);
      gap -= 1;
    }
    copy(held, 0, digests, gap * DIGEST_WORDS);
  }
}

function copy(from: Int32Array, i: number, to: Int32Array, j: number): void {
  for (let word = 0; word < DIGEST_WORDS; word += 1) to[j + word] = from[i + word] ?? 0;
}
