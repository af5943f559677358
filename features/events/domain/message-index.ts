const FIRST_SLOTS = 1 << 12;
/** A table this full finds a key in about two steps. */
const FULLEST = 0.6;

/**
 * A set of message ids with a number for each, in 13 bytes a slot and without the ids: 64 bits of
 * hash stand for an id. Among a million ids two are taken for one another with a chance of 3 in
 * 100 million.
 */
export class MessageIndex {
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  /** The number of the id plus 1; 0 where the slot is empty. */
  #numbers = new Int32Array(FIRST_SLOTS);
  #marks = new Uint8Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param number 0 or more @returns false if the id is there already; its number then stays */
  add(id: string, number: number): boolean {
    if (this.#size >= this.#numbers.length * FULLEST) this.#grow();
    const [high, low] = hashOf(id);
    const slot = this.#find(high, low);
    if (this.#numbers[slot] !== 0) return false;
    this.#put(slot, high, low, number + 1);
    this.#size += 1;
    return true;
  }

  /** Marks an id. @returns its number and whether it was marked before; null if it is not there */
  mark(id: string): { readonly number: number; readonly again: boolean } | null {
    const [high, low] = hashOf(id);
    const slot = this.#find(high, low);
    const number = this.#numbers[slot] ?? 0;
    if (number === 0) return null;
    const again = this.#marks[slot] === 1;
    this.#marks[slot] = 1;
    return { number: number - 1, again };
  }

  /** Whether an id is there and was never marked. */
  isUnmarked(id: string): boolean {
    const [high, low] = hashOf(id);
    const slot = this.#find(high, low);
    return this.#numbers[slot] !== 0 && this.#marks[slot] === 0;
  }

  /** The numbers of the ids that were never marked. */
  *unmarked(): Generator<number> {
    for (const [slot, number] of this.#numbers.entries())
      if (number !== 0 && this.#marks[slot] === 0) yield number - 1;
  }

  #find(high: number, low: number): number {
    const mask = this.#numbers.length - 1;
    let slot = low & mask;
    while (this.#numbers[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #put(slot: number, high: number, low: number, number: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#numbers[slot] = number;
  }

  #grow(): void {
    const [high, low, numbers, marks] = [this.#high, this.#low, this.#numbers, this.#marks];
    const slots = numbers.length * 2;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#numbers = new Int32Array(slots);
    this.#marks = new Uint8Array(slots);
    for (const [old, number] of numbers.entries()) {
      if (number === 0) continue;
      const [oldHigh = 0, oldLow = 0] = [high[old], low[old]];
      const slot = this.#find(oldHigh, oldLow);
      this.#put(slot, oldHigh, oldLow, number);
      this.#marks[slot] = marks[old] ?? 0;
    }
  }
}

/** Two 32-bit multiplicative hashes that are mixed at the end, after "cyrb53" (bryc, public domain). */
function hashOf(id: string): readonly [high: number, low: number] {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let place = 0; place < id.length; place++) {
    const code = id.charCodeAt(place);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  const mixedHigh =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  const mixedLow =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^
    Math.imul(mixedHigh ^ (mixedHigh >>> 13), 3_266_489_909);
  return [mixedHigh >>> 0, mixedLow >>> 0];
}
