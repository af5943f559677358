import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { LogResource, ReadResource } from "@paceline/transparency-log";

/** Reads a stored log by C2SP path; null for what is not there. */
export function readStoredLog(folder: string): ReadResource {
  return (path) => readIfPresent(join(folder, path));
}

/** The bytes of a file, or null if there is none. */
export async function readIfPresent(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return null;
    throw error;
  }
}

/**
 * Stores files so that each is there wholly or not at all, whenever the machine stops, and all of
 * them are on the disk when this returns.
 */
export async function storeDurably(
  folder: string,
  resources: readonly LogResource[],
): Promise<void> {
  const folders = new Set<string>();
  for (const { path, bytes } of resources) {
    const target = join(folder, path);
    await makeFolder(dirname(target));
    await writeAndSync(`${target}.tmp`, bytes, 0o644);
    await rename(`${target}.tmp`, target);
    folders.add(dirname(target));
  }
  for (const changed of folders) await syncFolder(changed);
}

/** Stores a file readable by its owner only, unless it exists; false if it does. */
export async function storeSecretOnce(path: string, bytes: Uint8Array): Promise<boolean> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  await rm(temporary, { force: true });
  await writeAndSync(temporary, bytes, 0o600);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
    await syncFolder(dirname(path));
  }
}

/** Removes folders of partial tiles that no reader needs any more. */
export async function removeFolders(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(join(folder, path), { recursive: true, force: true });
}

async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  // A new folder is on the disk once the folder that names it is.
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

async function writeAndSync(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "w", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
