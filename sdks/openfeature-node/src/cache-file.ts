import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";

import { readUpdate } from "@paceline/flag-eval/client";
import type { FlagUpdate } from "@paceline/flag-eval/client";
import type { LocalConfiguration } from "@paceline/flag-eval/client/local";

/** What a file keeps of the last configuration; null if there is none that can be read. */
export async function readCache(path: string): Promise<FlagUpdate | null> {
  try {
    const kept: unknown = JSON.parse(await readFile(path, "utf8"));
    const id = typeof kept === "object" && kept !== null ? Reflect.get(kept, "id") : null;
    return typeof id === "string" ? readUpdate(id, kept) : null;
  } catch {
    return null;
  }
}

/** Keeps a configuration; a reader sees the old one or the new one, never half of it. */
export async function writeCache(path: string, configuration: LocalConfiguration): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    // The rules name people and plans: nobody else reads them.
    await writeFile(temporary, JSON.stringify(configuration), { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
