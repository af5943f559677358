import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { syncFolder } from "../log/log-files.ts";

const KEY = "key";
const KEY_BYTES = 16;
const COMPLETE = "complete";

/** Whether the folder holds an index of everything that was stored before it was begun. */
export async function isComplete(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.includes(COMPLETE) && names.includes(KEY);
}

export async function markComplete(folder: string): Promise<void> {
  await writeDurably(folder, COMPLETE, "1\n");
}

/** Removes everything, the mark first. */
export async function clearIndex(folder: string): Promise<void> {
  await rm(join(folder, COMPLETE), { force: true });
  await syncFolder(folder);
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}

/** The secret of the digests, which a new index makes. @throws Error if the one that is there is none */
export async function readOrMakeKey(folder: string): Promise<Uint8Array> {
  if (!(await readdir(folder)).includes(KEY)) {
    await writeDurably(folder, KEY, randomBytes(KEY_BYTES));
  }
  const key = await readFile(join(folder, KEY));
  if (key.length !== KEY_BYTES) throw new Error("the key of the message index is damaged");
  return key;
}

/** A file has its name only when it is whole. */
export async function writeDurably(
  folder: string,
  name: string,
  content: string | Uint8Array,
): Promise<void> {
  const path = join(folder, name);
  const handle = await open(`${path}.tmp`, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.tmp`, path);
  await syncFolder(folder);
}
