import { timingSafeEqual } from "node:crypto";

import type { FlatEvent } from "../../domain/index.ts";
import type { IdentifierDigest } from "../engine/answers.ts";
import { TAG_BITS } from "./digests.ts";
import type { IdentifierDigests } from "./digests.ts";

/** An identifier that is refused in one workspace. */
export interface SuppressedIdentifier extends IdentifierDigest {
  readonly workspace: string;
}

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
  /** What this node knows and has not told the others, oldest first. */
  #untold: SuppressedIdentifier[] = [];
  #onAdded: () => void = () => undefined;

  constructor(digests: IdentifierDigests) {
    this.#digests = digests;
  }

  /** How many identifiers are refused. */
  get size(): number {
    return this.#size;
  }

  /** What this node has not told the others, oldest first. */
  get untold(): readonly SuppressedIdentifier[] {
    return this.#untold;
  }

  /** The others know the oldest `count` of `untold`. */
  told(count: number): void {
    this.#untold = this.#untold.slice(count);
  }

  /** Calls `listener` whenever there is something to tell the others. */
  onAdded(listener: () => void): void {
    this.#onAdded = listener;
  }

  /** Refuses people whom this node was told to refuse. */
  add(workspace: string, identifiers: readonly IdentifierDigest[]): void {
    this.addOfOthers(workspace, identifiers);
    this.#untold.push(...identifiers.map(({ digest, tag }) => ({ workspace, digest, tag })));
    this.#onAdded();
  }

  /** Refuses people whom another node was told to refuse. */
  addOfOthers(workspace: string, identifiers: readonly IdentifierDigest[]): void {
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

  /** Whether whom an identifier names was erased and is refused since. */
  holds(workspace: string, identifier: string): boolean {
    return this.#size > 0 && this.#holds(workspace, identifier);
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
