import { randomInt } from "node:crypto";

/**
 * Remembers the newest `capacity` message ids, exactly, whatever their scope (a source in its
 * environment). A ring holds the ids, an open-addressing table finds them: half the CPU of a `Set`
 * of this size, and nothing for the garbage collector to walk but the ids themselves.
 */
export class RecentMessages {
  readonly #capacity: number;
  readonly #mask: number;
  /** Ring place + 1 by hash; 0 is free. At most half full. */
  readonly #table: Uint32Array;
  readonly #ids: (string | undefined)[];
  readonly #scopes: Uint32Array;
  readonly #hashes: Uint32Array;
  readonly #scopeNumbers = new Map<string, number>();
  /** Unknown to clients, so that they cannot choose ids that collide. */
  readonly #multiplier = randomInt(2 ** 31) * 2 + 1;
  #next = 0;
  #size = 0;

  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#capacity = capacity;
    this.#mask = slots - 1;
    this.#table = new Uint32Array(slots);
    this.#ids = Array.from({ length: capacity });
    this.#scopes = new Uint32Array(capacity);
    this.#hashes = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  has(scope: string, messageId: string): boolean {
    const scopeNumber = this.#scopeNumbers.get(scope);
    if (scopeNumber === undefined) return false;
    const hash = this.#hash(scopeNumber, messageId);
    return this.#table[this.#find(scopeNumber, messageId, hash)] !== 0;
  }

  /** Remembers an id, and forgets the oldest if the memory is full. @returns whether it was new */
  add(scope: string, messageId: string): boolean {
    const scopeNumber = this.#scopeNumber(scope);
    const hash = this.#hash(scopeNumber, messageId);
    if (this.#table[this.#find(scopeNumber, messageId, hash)] !== 0) return false;
    const place = this.#next;
    this.#next = (place + 1) % this.#capacity;
    this.#forget(place);
    this.#ids[place] = messageId;
    this.#scopes[place] = scopeNumber;
    this.#hashes[place] = hash;
    // Forgetting may have moved entries, so the free slot is looked for again.
    this.#table[this.#find(scopeNumber, messageId, hash)] = place + 1;
    this.#size += 1;
    return true;
  }

  /** Forgets an id whose event did not become durable. */
  remove(scope: string, messageId: string): void {
    const scopeNumber = this.#scopeNumbers.get(scope);
    if (scopeNumber === undefined) return;
    const slot = this.#find(scopeNumber, messageId, this.#hash(scopeNumber, messageId));
    const entry = this.#table[slot] ?? 0;
    if (entry !== 0) this.#forget(entry - 1);
  }

  #scopeNumber(scope: string): number {
    const known = this.#scopeNumbers.get(scope);
    if (known !== undefined) return known;
    const number = this.#scopeNumbers.size;
    this.#scopeNumbers.set(scope, number);
    return number;
  }

  #hash(scopeNumber: number, messageId: string): number {
    let hash = scopeNumber ^ messageId.length;
    for (let index = 0; index < messageId.length; index += 1) {
      hash = Math.imul(hash ^ messageId.charCodeAt(index), this.#multiplier);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  /** The slot of an id, or the free slot where it would go. */
  #find(scopeNumber: number, messageId: string, hash: number): number {
    let slot = hash & this.#mask;
    for (;;) {
      const entry = this.#table[slot] ?? 0;
      if (entry === 0) return slot;
      const place = entry - 1;
      const same =
        this.#hashes[place] === hash &&
        this.#scopes[place] === scopeNumber &&
        this.#ids[place] === messageId;
      if (same) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Frees a place of the ring, and closes the gap in the table (Knuth's algorithm R, 6.4). */
  #forget(place: number): void {
    const id = this.#ids[place];
    if (id === undefined) return;
    let gap = this.#find(this.#scopes[place] ?? 0, id, this.#hashes[place] ?? 0);
    this.#ids[place] = undefined;
    this.#size -= 1;
    for (let slot = (gap + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#table[slot] ?? 0;
      if (entry === 0) break;
      const home = (this.#hashes[entry - 1] ?? 0) & this.#mask;
      // An entry may fill the gap unless its home lies behind the gap, up to where it stands.
      const distanceFromHome = (slot - home) & this.#mask;
      const distanceFromGap = (slot - gap) & this.#mask;
      if (distanceFromHome < distanceFromGap) continue;
      this.#table[gap] = entry;
      gap = slot;
    }
    this.#table[gap] = 0;
  }
}
