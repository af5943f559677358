import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Keeps a value as JSON under its checksum: written beside, synced and renamed, so that there is always
 * the one before or this one, whole. Only this user reads it.
 */
export async function writeChecked(path: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.tmp`, "w", 0o600);
  try {
    await file.writeFile(`${checksum(text)}\n${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncFolder(dirname(path));
}

/** The value that was kept; null where there is none or it is damaged. */
export async function readChecked(path: string): Promise<unknown> {
  const content = await readFile(path, "utf8").catch(() => null);
  if (content === null) return null;
  const end = content.indexOf("\n");
  const text = content.slice(end + 1).replace(/\n$/, "");
  if (end === -1 || checksum(text) !== content.slice(0, end)) return null;
  const value: unknown = JSON.parse(text);
  return value;
}
