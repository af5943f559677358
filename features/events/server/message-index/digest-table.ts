import { DIGEST_WORDS } from "./digests.ts";

/** At most this share of the slots is used, so that a look-up ends after two or three. */
const LOAD = 0.5;

/** Written to, so that reads ahead are not optimised away. */
const touched = new Int32Array(1);

/**
 * A set of digests in two flat arrays (open addressing), so that the garbage collector has nothing
 * to walk: the digests in the order in which they came, and slots that name them. A slot has four
 * bytes, so that those of some hundred thousand digests stay in the processor's caches. Its lower
 * bits are one more than the digest's place, zero if it is free; its upper bits are the digest's own,
 * so that another digest is nearly always told apart without a look at it.
 */
export class DigestTable {
  #slots: Int32Array;
  #mask: number;
  #digests: Int32Array;
  #size = 0;

  constructor(expected: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, expected / LOAD)));
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
    this.#digests = new Int32Array(slots * LOAD * DIGEST_WORDS);
  }

  get size(): number {
    return this.#size;
  }

  has(digests: Int32Array, at: number): boolean {
    return this.#find(digests, at) >= 0;
  }

  /**
   * Reads the slot of every digest once, so that the memory answers many at a time: asking one after
   * the other waits for each.
   */
  prepare(digests: Int32Array): void {
    let seen = 0;
    for (let at = 0; at < digests.length; at += DIGEST_WORDS) {
      seen ^= this.#slots[(digests[at] ?? 0) & this.#mask] ?? 0;
    }
    touched[0] = seen;
  }

  /** @returns whether it was new */
  add(digests: Int32Array, at: number): boolean {
    const slot = this.#find(digests, at);
    if (slot >= 0) return false;
    const to = this.#size * DIGEST_WORDS;
    const own = this.#digests;
    own[to] = digests[at] ?? 0;
    own[to + 1] = digests[at + 1] ?? 0;
    own[to + 2] = digests[at + 2] ?? 0;
    own[to + 3] = digests[at + 3] ?? 0;
    this.#name(~slot, this.#size);
    this.#size += 1;
    if (this.#size * DIGEST_WORDS === own.length) this.#grow();
    return true;
  }

  addAll(digests: Int32Array): void {
    for (let at = 0; at < digests.length; at += DIGEST_WORDS) this.add(digests, at);
  }

  /** Frees the slot, closes the gap (Knuth's algorithm R, 6.4), and moves the last digest to its place. */
  remove(digests: Int32Array, at: number): void {
    let gap = this.#find(digests, at);
    if (gap < 0) return;
    const slots = this.#slots;
    const place = this.#placeIn(gap);
    for (let slot = (gap + 1) & this.#mask; slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const home = (this.#digests[this.#placeIn(slot) * DIGEST_WORDS] ?? 0) & this.#mask;
      // An entry may fill the gap unless its home lies behind the gap, up to where it stands.
      if (((slot - home) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      slots[gap] = slots[slot] ?? 0;
      gap = slot;
    }
    slots[gap] = 0;
    this.#size -= 1;
    if (place === this.#size) return;
    const last = this.#size * DIGEST_WORDS;
    const slotOfLast = this.#find(this.#digests, last);
    this.#digests.copyWithin(place * DIGEST_WORDS, last, last + DIGEST_WORDS);
    this.#name(slotOfLast, place);
  }

  /** The slot of a digest, or the complement of the free slot where it would go. */
  #find(digests: Int32Array, at: number): number {
    const first = digests[at] ?? 0;
    const second = digests[at + 1] ?? 0;
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return ~slot;
      if (((entry ^ second) & ~mask) === 0 && this.#isAt(slot, digests, at)) return slot;
    }
  }

  #isAt(slot: number, digests: Int32Array, at: number): boolean {
    const from = this.#placeIn(slot) * DIGEST_WORDS;
    const own = this.#digests;
    return (
      own[from] === digests[at] &&
      own[from + 1] === digests[at + 1] &&
      own[from + 2] === digests[at + 2] &&
      own[from + 3] === digests[at + 3]
    );
  }

  #placeIn(slot: number): number {
    return ((this.#slots[slot] ?? 0) & this.#mask) - 1;
  }

  #name(slot: number, place: number): void {
    const second = this.#digests[place * DIGEST_WORDS + 1] ?? 0;
    this.#slots[slot] = (second & ~this.#mask) | (place + 1);
  }

  #grow(): void {
    const own = this.#digests;
    this.#digests = new Int32Array(own.length * 2);
    this.#digests.set(own);
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let place = 0; place < this.#size; place += 1) {
      let slot = (own[place * DIGEST_WORDS] ?? 0) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#name(slot, place);
    }
  }
}
