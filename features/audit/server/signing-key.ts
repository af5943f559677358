import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmod } from "node:fs/promises";
import { join } from "node:path";

import { signerKey } from "@paceline/transparency-log";
import type { SignerKey } from "@paceline/transparency-log";

import { readIfPresent, storeSecretOnce } from "./log-store.ts";

/** Name of the file with the private key, below `<data directory>/audit`. Ed25519, PKCS #8, PEM. */
export const KEY_FILE = "signing-key.pem";

/** The name under which a workspace's log signs. */
export function logOrigin(workspaceId: string): string {
  return `paceline.local/audit/${workspaceId}`;
}

/** The signing key of this installation, for each of its logs. */
export type LogSigners = (workspaceId: string) => SignerKey;

/**
 * Reads the signing key of this installation, and makes it on the first start. Whoever starts at the
 * same time ends with the same key. The file is readable by its owner only.
 */
export async function openSigningKey(auditFolder: string): Promise<LogSigners> {
  const path = join(auditFolder, KEY_FILE);
  const present = await readSigningKey(path);
  if (present !== null) {
    await chmod(path, 0o600);
    return present;
  }
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  await storeSecretOnce(path, Buffer.from(pem));
  const made = await readSigningKey(path);
  if (made === null) throw new Error(`${path} vanished while it was made`);
  return made;
}

/** Reads the signing key without making one; null if there is none. */
export async function readSigningKey(path: string): Promise<LogSigners | null> {
  const pem = await readIfPresent(path);
  if (pem === null) return null;
  const key = createPrivateKey(Buffer.from(pem));
  const { d } = key.export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ed25519" || d === undefined)
    throw new Error(`${path} holds no Ed25519 private key`);
  const seed = Buffer.from(d, "base64url");
  return (workspaceId) => signerKey(logOrigin(workspaceId), seed);
}
