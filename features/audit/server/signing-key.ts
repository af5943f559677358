import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";

import { signerKey } from "@paceline/transparency-log";
import type { SignerKey } from "@paceline/transparency-log";

import { storeSecretOnce } from "./log-store.ts";

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
  const made = await readSeed(path).catch(async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    await storeSecretOnce(path, Buffer.from(pem));
    return readSeed(path);
  });
  await chmod(path, 0o600);
  return (workspaceId) => signerKey(logOrigin(workspaceId), made);
}

async function readSeed(path: string): Promise<Uint8Array> {
  const key = createPrivateKey(await readFile(path));
  const { d } = key.export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ed25519" || d === undefined)
    throw new Error(`${path} holds no Ed25519 private key`);
  return Buffer.from(d, "base64url");
}
