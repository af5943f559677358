/**
 * Remembers the newest message ids of every scope (a source in its environment), in bounded memory: two generations, the older
 * of which is forgotten when the younger is full. Holds at least `generationSize` ids back.
 */
export class RecentMessages {
  readonly #generationSize: number;
  #young = new Map<string, Set<string>>();
  #old = new Map<string, Set<string>>();
  #youngCount = 0;

  constructor(generationSize: number) {
    this.#generationSize = generationSize;
  }

  has(scope: string, messageId: string): boolean {
    return (
      (this.#young.get(scope)?.has(messageId) ?? false) ||
      (this.#old.get(scope)?.has(messageId) ?? false)
    );
  }

  /** Remembers an id. @returns whether it was new; one look-up in the usual case */
  add(scope: string, messageId: string): boolean {
    if (this.#old.get(scope)?.has(messageId) === true) return false;
    let ids = this.#young.get(scope);
    if (ids === undefined) {
      ids = new Set();
      this.#young.set(scope, ids);
    }
    const before = ids.size;
    if (ids.add(messageId).size === before) return false;
    this.#youngCount += 1;
    if (this.#youngCount >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCount = 0;
    }
    return true;
  }

  /** Forgets an id whose event did not become durable. */
  remove(scope: string, messageId: string): void {
    if (this.#young.get(scope)?.delete(messageId) === true) this.#youngCount -= 1;
    this.#old.get(scope)?.delete(messageId);
  }

  get size(): number {
    const count = (generation: ReadonlyMap<string, ReadonlySet<string>>): number =>
      [...generation.values()].reduce((sum, ids) => sum + ids.size, 0);
    return count(this.#young) + count(this.#old);
  }
}
