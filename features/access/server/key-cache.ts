import type { KeyScope } from "@paceline/command";

/** What must be known of a key to let a request in. */
export type KnownKey = {
  readonly id: string;
  /** The public part of the key, by which it is found. */
  readonly prefix: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly environment: string | null;
  readonly scopes: readonly KeyScope[];
  readonly secretHash: Uint8Array;
};

/** Longest time that a revoked key passes while the notification channel is broken. */
const TTL_MS = 30_000;
const CAPACITY = 20_000;

interface Entry {
  readonly key: Promise<KnownKey | null>;
  readonly until: number;
  /** The key once it is there. */
  found: KnownKey | null;
}

export type KeyCache = {
  /** The key with this prefix, or null if there is none that is in force. */
  get(prefix: string): Promise<KnownKey | null>;
  /** The key with this prefix, if it is known without a look-up; null if it is not. */
  peek(prefix: string): KnownKey | null;
  /** Forgets one key, or all (null): after a notification, or when some may have been missed. */
  forget(prefix: string | null): void;
};

/**
 * Answers from memory; at most one look-up for a prefix is under way. An entry that is forgotten during
 * its look-up is not kept, so an answer from before a revocation is never served later.
 *
 * @param nowMs  a clock that never jumps
 */
export function createKeyCache(
  load: (prefix: string) => Promise<KnownKey | null>,
  nowMs: () => number,
  capacity: number = CAPACITY,
): KeyCache {
  const entries = new Map<string, Entry>();
  return {
    get(prefix) {
      const found = entries.get(prefix);
      if (found !== undefined && found.until > nowMs()) return found.key;
      const entry: Entry = { key: load(prefix), until: nowMs() + TTL_MS, found: null };
      entries.delete(prefix);
      entries.set(prefix, entry);
      const oldest = entries.keys().next();
      if (entries.size > capacity && oldest.done !== true) entries.delete(oldest.value);
      entry.key.then(
        (key) => {
          entry.found = key;
        },
        () => {
          if (entries.get(prefix) === entry) entries.delete(prefix); // a broken database is not remembered
        },
      );
      return entry.key;
    },
    peek(prefix) {
      const entry = entries.get(prefix);
      return entry !== undefined && entry.until > nowMs() ? entry.found : null;
    },
    forget(prefix) {
      if (prefix === null) entries.clear();
      else entries.delete(prefix);
    },
  };
}
