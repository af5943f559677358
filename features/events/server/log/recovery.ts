import { open, readdir, readFile, unlink } from "node:fs/promises";
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

export interface RecoveredLog {
  readonly sealed: readonly SealedLog[];
  /** Bytes of half-written groups that were cut off; none of them was acknowledged. */
  readonly droppedBytes: number;
}

const LINE_FEED = 0x0a;

/**
 * How much of a log file is whole: its longest prefix of readable lines. A group is only written
 * after the one before is durable, so what is broken can only lie in the last group, which was
 * never acknowledged.
 */
export function wholePrefix(bytes: Uint8Array): {
  readonly bytes: number;
  readonly events: readonly FlatEvent[];
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  const events: FlatEvent[] = [];
  for (;;) {
    const end = buffer.indexOf(LINE_FEED, start);
    if (end === -1) break;
    const event = decodeLine(buffer.toString("utf8", start, end));
    if (event === null) break;
    events.push(event);
    start = end + 1;
  }
  return { bytes: start, events };
}

/**
 * Takes over what the last owner of the folder left: cuts torn tails, removes empty files.
 * The folder must be locked.
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
    const whole = wholePrefix(content);
    droppedBytes += content.length - whole.bytes;
    if (whole.bytes === 0) await unlink(path);
    else {
      if (whole.bytes < content.length) await cut(path, whole.bytes);
      onEvents(path, whole.events);
      const scopes = mergeScopes(scopesOf(whole.events));
      sealed.push({ stretch, path, scopes, bytes: whole.bytes });
    }
  }
  await syncFolder(folder);
  return { sealed, droppedBytes };
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
