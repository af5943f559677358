import type { Db } from "@paceline/db";

import type { KnownKey } from "./key-cache.ts";
import { readServingKeys } from "./key-repository.ts";

/**
 * The keys that flags are asked for with, as the database had them last. They let callers in while it
 * does not answer, and are forgotten as soon as it says otherwise.
 */
export class KeySnapshot {
  readonly #listeners = new Set<() => void>();
  #keys: ReadonlyMap<string, KnownKey>;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(keys: readonly KnownKey[] = []) {
    this.#keys = new Map(keys.map((key) => [key.prefix, key]));
  }

  find(prefix: string): KnownKey | null {
    return this.#keys.get(prefix) ?? null;
  }

  keys(): readonly KnownKey[] {
    return [...this.#keys.values()];
  }

  /** Told when the keys were read anew. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Reads them anew; calls during a reading are answered by one more. @throws what the database throws */
  refresh(db: Db): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    const running = this.#read(db).finally(() => {
      this.#running = null;
    });
    this.#running = running;
    return running;
  }

  async #read(db: Db): Promise<void> {
    do {
      this.#again = false;
      const keys = await readServingKeys(db);
      this.#keys = new Map(keys.map((key) => [key.prefix, key]));
    } while (this.#again);
    for (const listener of this.#listeners) listener();
  }
}
