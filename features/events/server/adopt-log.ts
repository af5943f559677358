import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { ClickHouseEngine } from "./engine/clickhouse/clickhouse-engine.ts";
import type { Engine } from "./engine/engine.ts";
import { isLocked, lockFolder } from "./log/folder-lock.ts";
import { damagedLogs, recoverLog } from "./log/recovery.ts";
import { eventsIn } from "./log/scopes.ts";
import { parseLogName } from "./log/segment-name.ts";
import type { ClickHouseOptions } from "./open-engine.ts";

/** What was loaded of the log that a dead node left. */
export interface Adoption {
  readonly folder: string;
  /** Nodes whose log files were in the folder. */
  readonly nodes: readonly string[];
  readonly logFiles: number;
  readonly events: number;
  /** Bytes of half-written, never acknowledged groups that were cut off. */
  readonly droppedBytes: number;
  /** Broken bytes with readable lines behind them, set aside in the folder. */
  readonly damagedBytes: number;
}

/**
 * Loads what a dead node's log holds, under the dead node's own numbers: what it had loaded already
 * adds nothing. The folder is locked meanwhile, so that its node cannot start again half way.
 *
 * @param dataDir the dead node's data directory, or its `events/log` folder
 * @throws Error if the node lives, the folder cannot be read, or the events cannot be loaded; what
 *   was not loaded stays, and the same call may be made again
 */
export async function adoptLog(dataDir: string, engine: Engine): Promise<Adoption> {
  const folder = await logFolderOf(dataDir);
  const lock = lockFolder(folder, "a node that adopts this log");
  try {
    const { sealed, droppedBytes } = await recoverLog(folder, () => undefined);
    const damaged = await damagedLogs(folder);
    for (const log of sealed) await engine.load(log);
    return {
      folder,
      nodes: [...new Set(sealed.map((log) => log.stretch.node))],
      logFiles: sealed.length,
      events: sealed.reduce((sum, log) => sum + eventsIn(log.scopes), 0),
      droppedBytes,
      damagedBytes: damaged.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  } finally {
    lock.release();
  }
}

/** Whether a process holds the log of a data directory, or one of its nodes lives, or there is none. */
export async function hasOwner(dataDir: string, alive: readonly string[]): Promise<boolean> {
  const folder = await logFolderOf(dataDir);
  const names = await readdir(folder).catch(() => null);
  if (names === null || isLocked(folder)) return true;
  return names.some((name) => alive.includes(parseLogName(name)?.node ?? ""));
}

async function logFolderOf(dataDir: string): Promise<string> {
  const inside = join(dataDir, "events", "log");
  const found = await stat(inside).catch(() => null);
  return found?.isDirectory() === true ? inside : dataDir;
}

/** `adoptLog` for a command line: with a connection to ClickHouse of its own, beside running nodes. */
export async function adoptLogWith(
  dataDir: string,
  clickhouse: ClickHouseOptions,
): Promise<Adoption> {
  const engine = new ClickHouseEngine({ ...clickhouse, keepLogMinutes: 0, now: Date.now });
  try {
    return await adoptLog(dataDir, engine);
  } finally {
    await engine.close();
  }
}
