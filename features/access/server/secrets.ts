import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

import { uuidv7 } from "@paceline/identifiers";

import type { KeyText } from "../domain/index.ts";

const TOKEN_BYTES = 32;
const PREFIX_LENGTH = 12;
const PREFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A random 256-bit text for a cookie or a link. Only its hash is stored. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** SHA-256 is enough for secrets of 256 random bits: there is nothing to guess from. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

export function newKeyText(): KeyText {
  const prefix = Array.from(
    { length: PREFIX_LENGTH },
    () => PREFIX_ALPHABET[randomInt(PREFIX_ALPHABET.length)],
  ).join("");
  return { prefix, secret: newToken() };
}

/** Compares in a time that does not depend on where the hashes differ. */
export function sameHash(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

export function newId(now: Date): string {
  return uuidv7(now.getTime(), randomBytes(10));
}
