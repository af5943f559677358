import { randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { syncFolder } from "../log/log-files.ts";

const KEY_BYTES = 32;

/**
 * The secret of this installation under which erased identifiers are named, made on first use. Whoever
 * loses it can no longer tell who was erased, so it belongs into every backup.
 */
export async function openErasureKey(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(randomBytes(KEY_BYTES));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(path));
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
  }
  const key = await readFile(path);
  if (key.length !== KEY_BYTES) {
    throw new Error(`${path} is damaged: put it back from a backup, it names who was erased`);
  }
  return key;
}
