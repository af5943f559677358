import { constants, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { platform } from "node:process";

/**
 * The few operations on which durability rests. Tests hand in one whose disk fails on command.
 */
export interface LogDisk {
  /** Creates a new file, refusing one that exists, and makes its name durable. */
  create(folder: string, path: string): Promise<LogFile>;
}

export interface LogFile {
  /** Writes all bytes at the end of the file and makes them durable, or throws. */
  appendDurably(bytes: Uint8Array): Promise<void>;
  /** Cuts the file to its first `length` bytes, durably. */
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * On Linux the kernel syncs each write before it returns, as write and fdatasync would, and a group
 * takes one turn in the thread pool instead of two. Elsewhere the flag promises less: on macOS, not
 * that the drive has written.
 */
const SYNCS_WRITES = platform === "linux";
const NEW_LOG =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_EXCL |
  (SYNCS_WRITES ? constants.O_DSYNC : 0);

/** The real disk. */
export const disk: LogDisk = {
  async create(folder, path) {
    const handle = await open(path, NEW_LOG, 0o600);
    try {
      await syncFolder(folder);
    } catch (cause) {
      await handle.close();
      throw cause;
    }
    return logFile(handle);
  },
};

function logFile(handle: FileHandle): LogFile {
  return {
    async appendDurably(bytes) {
      let written = 0;
      while (written < bytes.length) {
        const result = await handle.write(bytes, written);
        written += result.bytesWritten;
      }
      if (!SYNCS_WRITES) await handle.datasync();
    },
    async truncate(length) {
      await handle.truncate(length);
      await handle.sync();
    },
    close: () => handle.close(),
  };
}

/** Makes created, renamed and removed names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
