import { chaskey12, chaskeyKey, expandKey } from "./chaskey.ts";
import type { ChaskeyKey } from "./chaskey.ts";

/** 32-bit words of one digest. */
export const DIGEST_WORDS = 4;
export const DIGEST_BYTES = 16;

/** Where a message id is unique. */
export interface MessageScope {
  readonly workspace: string;
  readonly environment: string;
  readonly source: string;
}

/** Sources are few; this only keeps a flood of made-up ones from staying in memory. */
const KEPT_SCOPES = 10_000;

interface ScopeKeys {
  readonly bytes: ChaskeyKey;
  /** For ids with characters beyond U+00FF, so that they never meet those without. */
  readonly wide: ChaskeyKey;
}

/**
 * Makes the digests by which message ids are recognised: 128 bits of a keyed hash whose key nobody
 * outside knows, so they say nothing about the ids, and nobody can look for two ids that collide.
 * Among n ids the chance that any two collide is below n² / 2^129: 1.5e-19 for ten billion.
 */
export class MessageDigests {
  readonly #master: ChaskeyKey;
  readonly #scopes = new Map<string, ScopeKeys>();
  /** Of the newest call: the next is mostly of the same scope. */
  #newest: { readonly scope: MessageScope; readonly keys: ScopeKeys } | null = null;
  readonly #timesForgotten: (workspace: string, environment: string) => number;

  /**
   * @param key 16 secret bytes
   * @param timesForgotten how often the environment was forgotten; ids from before are others
   */
  constructor(
    key: Uint8Array,
    timesForgotten: (workspace: string, environment: string) => number = () => 0,
  ) {
    this.#master = chaskeyKey(key);
    this.#timesForgotten = timesForgotten;
  }

  /** The digests of some events, four words each, in their order. */
  of(messages: readonly (MessageScope & { readonly messageId: string })[]): Int32Array {
    const digests = new Int32Array(messages.length * DIGEST_WORDS);
    let keys: ScopeKeys | null = null;
    let previous: MessageScope | null = null;
    let at = 0;
    for (const message of messages) {
      if (keys === null || previous === null || !sameScope(message, previous)) {
        keys = this.#keysOf(message);
      }
      previous = message;
      write(keys, message.messageId, digests, at);
      at += DIGEST_WORDS;
    }
    return digests;
  }

  /** The digests of ids of one source. */
  ofSource(scope: MessageScope, messageIds: readonly string[]): Int32Array {
    const digests = new Int32Array(messageIds.length * DIGEST_WORDS);
    const keys = this.#keysOf(scope);
    for (const [place, id] of messageIds.entries()) write(keys, id, digests, place * DIGEST_WORDS);
    return digests;
  }

  /** A name for an environment that does not say which it is. */
  nameOf(workspace: string, environment: string): string {
    const tag = this.#derive(["environment", workspace, environment]);
    return Buffer.from(tag.buffer).toString("hex");
  }

  /** To be called when an environment was forgotten. */
  reset(): void {
    this.#scopes.clear();
    this.#newest = null;
  }

  #keysOf({ workspace, environment, source }: MessageScope): ScopeKeys {
    const scope = { workspace, environment, source };
    if (this.#newest !== null && sameScope(this.#newest.scope, scope)) return this.#newest.keys;
    const keys = this.#findKeys(scope);
    this.#newest = { scope, keys };
    return keys;
  }

  #findKeys(scope: MessageScope): ScopeKeys {
    const { workspace, environment, source } = scope;
    const name = JSON.stringify([workspace, environment, source]);
    const known = this.#scopes.get(name);
    if (known !== undefined) return known;
    if (this.#scopes.size >= KEPT_SCOPES) this.#scopes.clear();
    const times = String(this.#timesForgotten(workspace, environment));
    const parts = [workspace, environment, source, times];
    const keys = {
      bytes: expandKey(this.#derive(["bytes", ...parts])),
      wide: expandKey(this.#derive(["wide", ...parts])),
    };
    this.#scopes.set(name, keys);
    return keys;
  }

  #derive(parts: readonly string[]): Int32Array {
    const words = new Int32Array(DIGEST_WORDS);
    chaskey12(this.#master, Buffer.from(JSON.stringify(parts)).toString("latin1"), words, 0);
    return words;
  }
}

function write(keys: ScopeKeys, messageId: string, digests: Int32Array, at: number): void {
  if (chaskey12(keys.bytes, messageId, digests, at)) return;
  chaskey12(keys.wide, Buffer.from(messageId, "utf16le").toString("latin1"), digests, at);
}

function sameScope(a: MessageScope, b: MessageScope): boolean {
  return a.source === b.source && a.environment === b.environment && a.workspace === b.workspace;
}

/** Compares two digests as the index sorts them. @returns negative, zero or positive */
export function compareDigests(a: Int32Array, i: number, b: Int32Array, j: number): number {
  for (let word = 0; word < DIGEST_WORDS; word += 1) {
    const difference = ((a[i + word] ?? 0) >>> 0) - ((b[j + word] ?? 0) >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
