import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";

import type { Logger } from "pino";

import type { TlsFiles } from "./config.ts";

const LOOK_EVERY_MS = 5_000;

/** A certificate chain and its private key, PEM. */
export interface CertificatePair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The certificate of this server, read anew when its files change. */
export interface Certificate {
  /** What new connections get. */
  readonly current: () => CertificatePair;
  /** Told of each replacement. */
  onChange(listener: (pair: CertificatePair) => void): void;
  /** Looks at the files at once. */
  reload(): Promise<void>;
  close(): void;
}

/** @throws when a file cannot be read, or the two do not belong together */
async function readPair({ cert, key }: TlsFiles): Promise<CertificatePair> {
  const pair = { cert: await readFile(cert), key: await readFile(key) };
  createSecureContext(pair);
  return pair;
}

async function versionOf({ cert, key }: TlsFiles): Promise<string> {
  const [first, second] = [await stat(cert), await stat(key)];
  return [first, second].map(({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`).join(" ");
}

/**
 * Opens the certificate. Files that change to something unusable, such as one of the two while the
 * other is still being written, leave what was there before in use and are looked at again.
 *
 * @throws when there is no usable certificate at the start
 */
export async function openCertificate(files: TlsFiles, logger: Logger): Promise<Certificate> {
  let version = await versionOf(files);
  let pair = await readPair(files);
  const listeners = new Set<(pair: CertificatePair) => void>();
  async function reload(): Promise<void> {
    try {
      const now = await versionOf(files);
      if (now === version) return;
      pair = await readPair(files);
      version = now;
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      logger.error({ reason, ...files }, "the certificate cannot be read; the one before is used");
      return;
    }
    logger.info(files, "the certificate was replaced");
    for (const listener of listeners) listener(pair);
  }
  const timer = setInterval(() => void reload(), LOOK_EVERY_MS);
  timer.unref();
  return {
    current: () => pair,
    onChange: (listener) => void listeners.add(listener),
    reload,
    close: () => clearInterval(timer),
  };
}
