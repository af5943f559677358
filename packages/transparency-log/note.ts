import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

import { equalBytes, fromBase64, sha256, toBase64, toHex } from "./hash.ts";
import { accept, refuse } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

/** A public key that a note may be signed with, under the name of its owner. */
export interface VerifierKey {
  readonly name: string;
  /** First four bytes of SHA-256(name, newline, algorithm, public key): tells keys apart, proves nothing. */
  readonly keyId: Uint8Array;
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly verifies: (text: Uint8Array, signature: Uint8Array) => boolean;
}

/** A private key that signs notes. Its Ed25519 signatures are deterministic. */
export interface SignerKey {
  readonly verifier: VerifierKey;
  readonly signs: (text: Uint8Array) => Uint8Array;
}

/** A note whose signature by at least one of the given keys has been verified. */
export interface OpenedNote {
  /** The signed text, its final newline included. */
  readonly text: string;
  /** The keys whose signatures were verified. */
  readonly signedBy: readonly VerifierKey[];
}

/** Signatures beyond this many are refused; the standard demands at least 16. */
const MAX_SIGNATURES = 100;

/** Larger notes are refused unread. */
const MAX_NOTE_LENGTH = 1_000_000;

// signed-note: the only algorithm used here.
const ED25519 = 0x01;
const SEED_LENGTH = 32;
// RFC 8410: what precedes the 32 bytes of a key in its DER form.
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The verifier key of an Ed25519 public key under a name.
 *
 * @param publicKey 32 bytes
 * @throws TypeError for a name with white space or `+`, or a key of another length
 */
export function verifierKey(name: string, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new TypeError(`not a key name: ${JSON.stringify(name)}`);
  if (publicKey.length !== SEED_LENGTH) throw new TypeError("an Ed25519 key has 32 bytes");
  const key = createPublicKey({
    key: Buffer.concat([PUBLIC_PREFIX, publicKey]),
    format: "der",
    type: "spki",
  });
  const named = Buffer.from(`${name}\n`);
  return {
    name,
    publicKey,
    keyId: sha256(Buffer.concat([named, Buffer.from([ED25519]), publicKey])).subarray(0, 4),
    verifies: (text, signature) => signature.length === 64 && verify(null, text, key, signature),
  };
}

/**
 * The signer key of an Ed25519 seed under a name.
 *
 * @param seed 32 secret random bytes (RFC 8032)
 * @throws TypeError for a name with white space or `+`, or a seed of another length
 */
export function signerKey(name: string, seed: Uint8Array): SignerKey {
  if (seed.length !== SEED_LENGTH) throw new TypeError("an Ed25519 seed has 32 bytes");
  const key: KeyObject = createPrivateKey({
    key: Buffer.concat([PRIVATE_PREFIX, seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(spki.subarray(PUBLIC_PREFIX.length));
  return { verifier: verifierKey(name, publicKey), signs: (text) => sign(null, text, key) };
}

/** The text form of a verifier key: `name+key id+base64 of algorithm and key`, as Go's `note` reads it. */
export function formatVerifierKey(key: VerifierKey): string {
  const encoded = toBase64(Buffer.concat([Buffer.from([ED25519]), key.publicKey]));
  return `${key.name}+${toHex(key.keyId)}+${encoded}`;
}

/** Reads the text form of a verifier key, or says why it is not one. */
export function parseVerifierKey(text: string): Outcome<VerifierKey> {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const [, name = "", keyId = "", encoded = ""] = match ?? [];
  const bytes = fromBase64(encoded);
  if (match === null || bytes === null || !isKeyName(name))
    return refuse("a public key reads name+8 hexadecimal digits+base64");
  if (bytes[0] !== ED25519 || bytes.length !== SEED_LENGTH + 1)
    return refuse("only Ed25519 public keys are supported");
  const key = verifierKey(name, bytes.subarray(1));
  return toHex(key.keyId) === keyId
    ? accept(key)
    : refuse("the key id does not belong to the name and the key");
}

/** Reads a private key of Go's `note` (`PRIVATE+KEY+name+key id+base64`), or says why it is not one. */
export function parseSignerKey(text: string): Outcome<SignerKey> {
  const match = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const [, name = "", keyId = "", encoded = ""] = match ?? [];
  const bytes = fromBase64(encoded);
  if (match === null || bytes === null || !isKeyName(name))
    return refuse("a private key reads PRIVATE+KEY+name+8 hexadecimal digits+base64");
  if (bytes[0] !== ED25519 || bytes.length !== SEED_LENGTH + 1)
    return refuse("only Ed25519 private keys are supported");
  const key = signerKey(name, bytes.subarray(1));
  return toHex(key.verifier.keyId) === keyId
    ? accept(key)
    : refuse("the key id does not belong to the name and the key");
}

/**
 * The signed note over a text, one signature line a key.
 *
 * @throws TypeError for a text that does not end in a newline, has other control characters, or is
 *   not well-formed; and for a note without keys
 */
export function signNote(text: string, keys: readonly SignerKey[]): Uint8Array {
  if (!isNoteText(text)) throw new TypeError("this text cannot be signed as a note");
  if (keys.length === 0) throw new TypeError("a note needs a signature");
  const bytes = new TextEncoder().encode(text);
  const lines = keys.map((key) => {
    const signature = Buffer.concat([key.verifier.keyId, key.signs(bytes)]);
    return `\u2014 ${key.verifier.name} ${toBase64(signature)}\n`;
  });
  return new TextEncoder().encode(`${text}\n${lines.join("")}`);
}

/**
 * Opens a note: refused unless one of `keys` signed it and no signature by one of them is wrong.
 * Signatures of unknown keys are ignored.
 */
export function openNote(note: Uint8Array, keys: readonly VerifierKey[]): Outcome<OpenedNote> {
  const parts = splitNote(note);
  if (!parts.ok) return parts;
  const text = new TextEncoder().encode(parts.value.text);
  const signedBy: VerifierKey[] = [];
  for (const line of parts.value.signatures) {
    const key = keys.find(
      (known) => known.name === line.name && equalBytes(known.keyId, line.keyId),
    );
    if (key === undefined || signedBy.includes(key)) continue;
    if (!key.verifies(text, line.signature))
      return refuse(`the signature by ${line.name} does not verify`);
    signedBy.push(key);
  }
  if (signedBy.length === 0) return refuse("no signature is by a trusted key");
  return accept({ text: parts.value.text, signedBy });
}

interface SignatureLine {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

function splitNote(
  note: Uint8Array,
): Outcome<{ readonly text: string; readonly signatures: readonly SignatureLine[] }> {
  if (note.length > MAX_NOTE_LENGTH) return refuse("the note is too long");
  const whole = decodeUtf8(note);
  if (whole === null) return refuse("the note is not UTF-8");
  if (hasControlCharacters(whole)) return refuse("the note holds control characters");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n")) return refuse("the note has no signature block");
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) return refuse("the note has too many signatures");
  const signatures: SignatureLine[] = [];
  for (const line of lines) {
    const match = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line);
    const [, name = "", encoded = ""] = match ?? [];
    const bytes = fromBase64(encoded);
    if (match === null || bytes === null || bytes.length < 5 || !isKeyName(name))
      return refuse("a signature line is malformed");
    signatures.push({ name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return accept({ text: whole.slice(0, split + 1), signatures });
}

function decodeUtf8(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString("utf8");
  // Malformed input was replaced while decoding, so it does not come back as it was.
  return equalBytes(Buffer.from(text, "utf8"), bytes) ? text : null;
}

function isNoteText(text: string): boolean {
  return text.isWellFormed() && text.endsWith("\n") && !hasControlCharacters(text);
}

function hasControlCharacters(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

function isKeyName(name: string): boolean {
  return (
    name.length > 0 && name.isWellFormed() && !/[\s+]/u.test(name) && !hasControlCharacters(name)
  );
}
