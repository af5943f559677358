// A reader that is further behind gets the whole document instead: it is not larger than so many changes.
const MAX_CHANGES = 500;
const MAX_KEYS = 5_000;

/** Which flags the last publications of an environment changed. */
export class StreamHistory {
  readonly #changes: { readonly revision: number; readonly keys: readonly string[] }[] = [];
  #since: number;
  #keyCount = 0;

  /** @param revision  what is in force when the history begins */
  constructor(revision: number) {
    this.#since = revision;
  }

  add(revision: number, keys: readonly string[]): void {
    const newest = this.#changes.at(-1)?.revision ?? this.#since;
    if (revision <= newest) {
      // Numbers went back: what came before belongs to another database.
      this.#changes.length = 0;
      this.#keyCount = 0;
      this.#since = revision;
      return;
    }
    this.#changes.push({ revision, keys });
    this.#keyCount += keys.length;
    while (this.#changes.length > MAX_CHANGES || this.#keyCount > MAX_KEYS) {
      const oldest = this.#changes.shift();
      if (oldest === undefined) break;
      this.#keyCount -= oldest.keys.length;
      this.#since = oldest.revision;
    }
  }

  /** The keys that changed after `revision`; null if that is not known any more. */
  changedAfter(revision: number): ReadonlySet<string> | null {
    if (revision < this.#since) return null;
    return new Set(
      this.#changes.flatMap((change) => (change.revision > revision ? change.keys : [])),
    );
  }
}
