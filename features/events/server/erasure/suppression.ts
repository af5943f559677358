import { timingSafeEqual } from "node:crypto";

import type { FlatEvent } from "../../domain/index.ts";
import type { IdentifierDigest } from "../engine/answers.ts";
import { TAG_BITS } from "./digests.ts";
import type { IdentifierDigests } from "./digests.ts";

/**
 * The people whose events are refused, in memory: a bitmap of their tags, which costs some 50 ns an
 * identifier, and behind it the digests, which decide.
 */
export class SuppressionList {
  readonly #digests: IdentifierDigests;
  readonly #tags = new Uint8Array(2 ** TAG_BITS / 8);
  /** Digests by workspace and tag. */
  readonly #entries = new Map<string, Buffer[]>();
  #size = 0;

  constructor(digests: IdentifierDigests) {
    this.#digests = digests;
  }

  /** How many identifiers are refused. */
  get size(): number {
    return this.#size;
  }

  add(workspace: string, identifiers: readonly IdentifierDigest[]): void {
    for (const { digest, tag } of identifiers) {
      const bytes = Buffer.from(digest, "hex");
      const known = this.#entries.get(`${tag} ${workspace}`) ?? [];
      if (known.some((entry) => entry.equals(bytes))) continue;
      this.#entries.set(`${tag} ${workspace}`, [...known, bytes]);
      this.#tags[tag >> 3] = (this.#tags[tag >> 3] ?? 0) | (1 << (tag & 7));
      this.#size += 1;
    }
  }

  suppresses(event: FlatEvent): boolean {
    if (this.#size === 0) return false;
    const { workspace, unit, userId, anonymousId } = event;
    return (
      this.#holds(workspace, unit) ||
      (userId !== null && userId !== unit && this.#holds(workspace, userId)) ||
      (anonymousId !== null && anonymousId !== unit && this.#holds(workspace, anonymousId))
    );
  }

  #holds(workspace: string, identifier: string): boolean {
    const tag = this.#digests.tag(identifier);
    if (((this.#tags[tag >> 3] ?? 0) & (1 << (tag & 7))) === 0) return false;
    const candidates = this.#entries.get(`${tag} ${workspace}`);
    if (candidates === undefined) return false;
    const digest = Buffer.from(this.#digests.digest(workspace, identifier), "hex");
    return candidates.some((candidate) => timingSafeEqual(candidate, digest));
  }
}
