import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";

import { decodeLine } from "../../domain/index.ts";
import type { FlatEvent } from "../../domain/index.ts";
import { syncFolder } from "./log-files.ts";
import { mergeScopes, scopesOf } from "./scopes.ts";
import type { SegmentScope } from "./scopes.ts";
import { parseLogName } from "./segment-name.ts";
import type { Stretch } from "./segment-name.ts";

/** A log file that nobody writes to any more. */
export interface SealedLog {
  readonly stretch: Stretch;
  readonly path: string;
  /** What is in it, by environment. */
  readonly scopes: readonly SegmentScope[];
  readonly bytes: number;
}

/** Broken bytes of a log file that had readable lines behind them, kept for whoever can read them. */
export interface DamagedLog {
  readonly name: string;
  readonly bytes: number;
}

export interface RecoveredLog {
  readonly sealed: readonly SealedLog[];
  /** Bytes of half-written groups that were cut off; none of them was acknowledged. */
  readonly droppedBytes: number;
}

/** What can be read of a log file. */
export interface ReadableLog {
  readonly events: readonly FlatEvent[];
  /** The readable lines, each ended by its line feed. */
  readonly lines: readonly Uint8Array[];
  /** Stretches that are no lines of ours although readable lines follow: damage, not a torn write. */
  readonly damaged: readonly Uint8Array[];
  /** Bytes behind the last readable line. */
  readonly tornBytes: number;
}

const LINE_FEED = 0x0a;
/** How every line begins; where a line feed was lost, the next line is found by it. */
const LINE_START = '{"workspace":';
const DAMAGED = ".damaged";

/**
 * Tells the lines of a log file from what is broken. A group is only written after the one before is
 * durable, so a torn write can only be at the end, and was never acknowledged; broken bytes with
 * readable lines behind them are damage to what was acknowledged, and cost the lines that they touch.
 */
export function readableLog(bytes: Uint8Array): ReadableLog {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: FlatEvent[] = [];
  const lines: Uint8Array[] = [];
  const damaged: Uint8Array[] = [];
  /** Where what was read, or set aside, ends. */
  let known = 0;
  for (let start = 0; ;) {
    const end = buffer.indexOf(LINE_FEED, start);
    if (end === -1) break;
    const found = lineWithin(buffer, start, end);
    if (found !== null) {
      if (found.start > known) damaged.push(buffer.subarray(known, found.start));
      events.push(found.event);
      lines.push(buffer.subarray(found.start, end + 1));
      known = end + 1;
    }
    start = end + 1;
  }
  return { events, lines, damaged, tornBytes: buffer.length - known };
}

function lineWithin(
  buffer: Buffer,
  from: number,
  end: number,
): { readonly start: number; readonly event: FlatEvent } | null {
  for (let start = from; start !== -1 && start < end;) {
    const line = buffer.subarray(start, end);
    // What is no UTF-8 would be repaired silently here, and refused by the store.
    const event = isUtf8(line) ? decodeLine(line.toString("utf8")) : null;
    if (event !== null) return { start, event };
    start = buffer.indexOf(LINE_START, start + 1);
  }
  return null;
}

/**
 * Takes over what the last owner of the folder left: cuts torn tails, sets damaged bytes aside,
 * removes empty files. The folder must be locked.
 *
 * @param onEvents told what each file that stays holds
 */
export async function recoverLog(
  folder: string,
  onEvents: (path: string, events: readonly FlatEvent[]) => void,
): Promise<RecoveredLog> {
  const sealed: SealedLog[] = [];
  let droppedBytes = 0;
  for (const name of (await readdir(folder)).toSorted()) {
    const stretch = parseLogName(name);
    if (stretch === null) continue;
    const path = join(folder, name);
    const content = await readFile(path);
    const { events, lines, damaged, tornBytes } = readableLog(content);
    droppedBytes += tornBytes;
    const bytes = lines.reduce((sum, line) => sum + line.length, 0);
    if (bytes === 0) await unlink(path);
    else {
      if (damaged.length > 0) {
        await setAside(folder, name, Buffer.concat(damaged));
        await replace(folder, path, Buffer.concat(lines));
      } else if (tornBytes > 0) await cut(path, bytes);
      onEvents(path, events);
      sealed.push({ stretch, path, scopes: mergeScopes(scopesOf(events)), bytes });
    }
  }
  await syncFolder(folder);
  return { sealed, droppedBytes };
}

/** The damaged bytes that were ever set aside in a log folder and are still there. */
export async function damagedLogs(folder: string): Promise<readonly DamagedLog[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found: DamagedLog[] = [];
  for (const name of names.toSorted()) {
    if (!name.endsWith(DAMAGED)) continue;
    found.push({ name, bytes: (await readFile(join(folder, name))).length });
  }
  return found;
}

/** The same of a data directory, without opening the store. */
export function damagedLogFiles(dataDir: string): Promise<readonly DamagedLog[]> {
  return damagedLogs(join(dataDir, "events", "log"));
}

/** Named by its content too, so that doing it again after a crash changes nothing. */
async function setAside(folder: string, logName: string, bytes: Uint8Array): Promise<void> {
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  await replace(folder, join(folder, `${logName}.${digest}${DAMAGED}`), bytes);
}

/** There is the old file or the new one, whatever happens meanwhile. */
async function replace(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
}

async function cut(path: string, length: number): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.truncate(length);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
