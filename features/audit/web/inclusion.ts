import type { AuditProof } from "../api.ts";

/** What recomputing a proof in the browser came to. `unavailable`: the browser hashes on HTTPS only. */
export type InclusionCheck = "fits" | "broken" | "unavailable";

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  return Uint8Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
}

async function hashOf(
  digest: Digest,
  prefix: number,
  ...parts: readonly Uint8Array[]
): Promise<Uint8Array> {
  const length = parts.reduce((sum, part) => sum + part.length, 1);
  const input = new Uint8Array(length);
  input[0] = prefix;
  let at = 1;
  for (const part of parts) {
    input.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await digest(input));
}

type Digest = (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;

/** WebCrypto's SHA-256; null where the page is not served in a secure context. */
export function browserDigest(): Digest | null {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  return subtle === undefined ? null : (bytes) => subtle.digest("SHA-256", bytes);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const LEAF = 0;
const NODE = 1;

/**
 * Recomputes the root from the entry's own bytes and the proof, and compares it with the checkpoint's.
 * The checkpoint's signature is not checked here.
 *
 * @see RFC 9162, section 2.1.3.2
 */
export async function checkInclusion(
  proof: AuditProof,
  digest: Digest | null,
): Promise<InclusionCheck> {
  if (digest === null) return "unavailable";
  const { treeSize, root } = proof.checkpoint;
  if (proof.index >= treeSize) return "broken";
  let hash = await hashOf(digest, LEAF, bytesOf(proof.leaf));
  if (!same(hash, bytesOf(proof.leafHash))) return "broken";
  let [node, last] = [proof.index, treeSize - 1];
  for (const sibling of proof.hashes.map(bytesOf)) {
    if (last === 0) return "broken";
    if (node % 2 === 1 || node === last) {
      hash = await hashOf(digest, NODE, sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else hash = await hashOf(digest, NODE, hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && same(hash, bytesOf(root)) ? "fits" : "broken";
}
