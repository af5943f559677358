import { hash } from "node:crypto";

/** Length in bytes of every hash in the log (SHA-256). */
export const HASH_LENGTH = 32;

// RFC 6962, section 2.1: leaves and inner nodes are hashed with different prefixes, so that no inner
// node can be presented as a leaf.
const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** SHA-256 of `bytes`, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

/** RFC 6962 hash of one log entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(entry.length + 1);
  input[0] = LEAF_PREFIX;
  input.set(entry, 1);
  return sha256(input);
}

/** RFC 6962 hash of two neighbouring subtrees. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(left.length + right.length + 1);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, left.length + 1);
  return sha256(input);
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

/** Whether two texts of bytes are the same. Not in constant time: hashes of a log are public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** True for a number that can be a tree size or a leaf index: an integer from 0 to 2^53 - 1. */
export function isTreeSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** Decodes standard base64 with padding (RFC 4648, section 4); null for anything not canonical. */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Decodes lower-case hexadecimal; null for anything else. */
export function fromHex(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "hex");
  return bytes.toString("hex") === text ? bytes : null;
}
