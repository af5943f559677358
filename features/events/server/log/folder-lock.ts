import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the folder for this process alone, until `release` or the end of the process, however it
 * ends. The lock is the operating system's lock on a file, taken through SQLite: it works on every
 * platform, between the threads of one process too, and a killed owner leaves nothing to clean up.
 *
 * @throws Error if another owner holds the folder, naming it
 */
export function lockFolder(folder: string, owner: string): { release(): void } {
  const database = new DatabaseSync(join(folder, "owner.lock"));
  const note = join(folder, "owner.txt");
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new Error(`the event log ${folder} is in use by ${readNote(note)}`, { cause });
  }
  writeFileSync(note, owner);
  return { release: () => database.close() };
}

/** Whether somebody holds the folder now. */
export function isLocked(folder: string): boolean {
  const database = new DatabaseSync(join(folder, "owner.lock"));
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; ROLLBACK");
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

function readNote(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "another process";
  }
}
