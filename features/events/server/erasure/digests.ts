import { createHmac } from "node:crypto";

import type { IdentifierDigest } from "../engine/answers.ts";

/** Bits of a tag: a bitmap of all of them has 128 kB. */
export const TAG_BITS = 20;

const KEY_NAME_LENGTH = 16;

/**
 * Names identifiers in records that must not hold them: an HMAC-SHA-256 with the secret of this
 * installation proves that it is the same one, and a tag, which is a hundred times cheaper, says when
 * that is worth computing. Without the secret neither can be tried on guesses.
 */
export class IdentifierDigests {
  readonly #key: Uint8Array;
  readonly #seed: number;
  readonly #multiplier: number;

  constructor(key: Uint8Array) {
    this.#key = key;
    const seeds = createHmac("sha256", key).update("tag").digest();
    this.#seed = seeds.readInt32LE(0);
    this.#multiplier = seeds.readInt32LE(4) | 1;
  }

  /** Names the secret: digests of different secrets cannot be compared. */
  get keyName(): string {
    return createHmac("sha256", this.#key).update("name").digest("hex").slice(0, KEY_NAME_LENGTH);
  }

  of(workspace: string, identifier: string): IdentifierDigest {
    return { digest: this.digest(workspace, identifier), tag: this.tag(identifier) };
  }

  digest(workspace: string, identifier: string): string {
    return createHmac("sha256", this.#key).update(`${workspace}\n${identifier}`).digest("hex");
  }

  tag(identifier: string): number {
    let hash = this.#seed;
    for (let index = 0; index < identifier.length; index += 1) {
      hash = Math.imul(hash ^ identifier.charCodeAt(index), this.#multiplier);
      hash ^= hash >>> 15;
    }
    return hash >>> (32 - TAG_BITS);
  }
}
