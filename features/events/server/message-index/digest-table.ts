import { DIGEST_WORDS } from "./digests.ts";

/** At most this share of the slots is used, so that a look-up ends after two or three. */
const LOAD = 0.5;

/** Written to, so that reads ahead are not optimised away. */
const touched = new Int32Array(1);

/**
 * A set of digests in one flat array (open addressing), so that the garbage collector has nothing
 * to walk. Slots of zeros are free; the digest of zeros itself is kept as another.
 */
export class DigestTable {
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  constructor(expected: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, expected / LOAD)));
    this.#slots = new Int32Array(slots * DIGEST_WORDS);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  has(digests: Int32Array, at: number): boolean {
    return this.#find(digests, at) >= 0;
  }

  /**
   * Reads the slot of every digest once, so that the memory answers many at a time: a table of some
   * megabytes is in no cache, and asking one after the other waits for each.
   */
  prepare(digests: Int32Array): void {
    let seen = 0;
    for (let at = 0; at < digests.length; at += DIGEST_WORDS) {
      seen ^= this.#slots[((digests[at] ?? 0) & this.#mask) * DIGEST_WORDS] ?? 0;
    }
    touched[0] = seen;
  }

  /** @returns whether it was new */
  add(digests: Int32Array, at: number): boolean {
    const slot = this.#find(digests, at);
    if (slot >= 0) return false;
    const from = ~slot * DIGEST_WORDS;
    const slots = this.#slots;
    slots[from] = digests[at] ?? 0;
    slots[from + 1] = digests[at + 1] ?? 0;
    slots[from + 2] = digests[at + 2] ?? 0;
    slots[from + 3] = lastWord(digests, at);
    this.#size += 1;
    if (this.#size > this.#mask * LOAD) this.#grow();
    return true;
  }

  addAll(digests: Int32Array): void {
    for (let at = 0; at < digests.length; at += DIGEST_WORDS) this.add(digests, at);
  }

  /** Frees the slot and closes the gap (Knuth's algorithm R, 6.4). */
  remove(digests: Int32Array, at: number): void {
    let gap = this.#find(digests, at);
    if (gap < 0) return;
    this.#size -= 1;
    for (let slot = (gap + 1) & this.#mask; !this.#isFree(slot); slot = (slot + 1) & this.#mask) {
      const home = (this.#slots[slot * DIGEST_WORDS] ?? 0) & this.#mask;
      // An entry may fill the gap unless its home lies behind the gap, up to where it stands.
      if (((slot - home) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      const from = slot * DIGEST_WORDS;
      this.#slots.copyWithin(gap * DIGEST_WORDS, from, from + DIGEST_WORDS);
      gap = slot;
    }
    this.#slots.fill(0, gap * DIGEST_WORDS, (gap + 1) * DIGEST_WORDS);
  }

  /** The slot of a digest, or the complement of the free slot where it would go. */
  #find(digests: Int32Array, at: number): number {
    const first = digests[at] ?? 0;
    const second = digests[at + 1] ?? 0;
    const third = digests[at + 2] ?? 0;
    const fourth = lastWord(digests, at);
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const from = slot * DIGEST_WORDS;
      const a = slots[from] ?? 0;
      const b = slots[from + 1] ?? 0;
      const c = slots[from + 2] ?? 0;
      const d = slots[from + 3] ?? 0;
      if (a === first && b === second && c === third && d === fourth) return slot;
      if ((a | b | c | d) === 0) return ~slot;
    }
  }

  #isFree(slot: number): boolean {
    const from = slot * DIGEST_WORDS;
    const slots = this.#slots;
    return (
      slots[from + 3] === 0 && slots[from + 2] === 0 && slots[from + 1] === 0 && slots[from] === 0
    );
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    this.#size = 0;
    for (let at = 0; at < old.length; at += DIGEST_WORDS) {
      const free = old[at] === 0 && old[at + 1] === 0 && old[at + 2] === 0 && old[at + 3] === 0;
      if (!free) this.add(old, at);
    }
  }
}

function lastWord(digests: Int32Array, at: number): number {
  const word = digests[at + 3] ?? 0;
  if (word !== 0) return word;
  return digests[at] === 0 && digests[at + 1] === 0 && digests[at + 2] === 0 ? 1 : 0;
}
