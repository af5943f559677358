import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { LogDisk } from "./log-files.ts";

/** As large as a page, so that a full disk shows. */
const PROBE_BYTES = 4096;

/** Whether a file written into the folder becomes durable; nothing of it stays. */
export async function takesWrites(disk: LogDisk, folder: string): Promise<boolean> {
  const path = join(folder, "probe");
  try {
    await rm(path, { force: true });
    const file = await disk.create(folder, path);
    try {
      await file.appendDurably(new Uint8Array(PROBE_BYTES));
    } finally {
      await file.close();
    }
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
