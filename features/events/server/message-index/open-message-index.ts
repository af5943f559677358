import { mkdir } from "node:fs/promises";

import { DIGEST_WORDS, MessageDigests } from "./digests.ts";
import type { MessageScope } from "./digests.ts";
import { Forgotten } from "./forgotten.ts";
import { clearIndex, isComplete, markComplete, readOrMakeKey } from "./index-files.ts";
import { Journal } from "./journal.ts";
import { concatDigests, MessageIndex } from "./message-index.ts";
import type { MessageIndexOptions, MessageIndexParts } from "./message-index.ts";
import { RunSet } from "./run-set.ts";

/** Where a lost index is made again from. */
export interface StoredMessages {
  /** The ids of what was stored since, and perhaps older ones, in parts; null behind the last. */
  messageIds(
    storedSince: number,
    part: number,
  ): Promise<readonly (MessageScope & { readonly messageIds: readonly string[] })[] | null>;
}

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
/** A lost index is made again in runs of this many ids, 16 bytes each. */
const REBUILT_RUN = 2_000_000;

/**
 * Opens the index of a folder. One that is missing, half made or damaged is made again from what is
 * stored.
 *
 * @throws Error if the disk fails, or what is stored cannot be read
 */
export async function openMessageIndex(
  options: MessageIndexOptions,
  stored: StoredMessages,
): Promise<MessageIndex> {
  const { folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await isComplete(folder)) {
    try {
      return new MessageIndex(options, await openParts(options));
    } catch {
      // Damaged. Everything in it can be made again, and half of it would forget ids.
    }
  }
  await clearIndex(folder);
  const parts = await openParts(options);
  try {
    await rebuild(options, parts, stored);
    await markComplete(folder);
  } catch (cause) {
    await parts.runs.close();
    throw cause;
  }
  return new MessageIndex(options, parts);
}

async function openParts(options: MessageIndexOptions): Promise<MessageIndexParts> {
  const { folder, disk, filterBytes, idsInMemory } = options;
  const key = await readOrMakeKey(folder);
  const forgotten = await Forgotten.open(folder);
  const digests: MessageDigests = new MessageDigests(key, (workspace, environment) =>
    forgotten.times(digests.nameOf(workspace, environment)),
  );
  const { journal, entries } = await Journal.open(folder, disk);
  const limits = { filterBytes, keptDays: KEPT_DAYS, smallestRun: idsInMemory };
  const runs = await RunSet.open({ folder, ...limits });
  await runs.expire(today(options));
  return { digests, forgotten, journal, entries, runs };
}

/** When each id was received is not known, so all count as received today. */
async function rebuild(
  options: MessageIndexOptions,
  { digests, runs }: MessageIndexParts,
  stored: StoredMessages,
): Promise<void> {
  const day = today(options);
  let collected: Int32Array[] = [];
  let words = 0;
  const write = async (): Promise<void> => {
    if (words > 0)
      await runs.add({ digests: concatDigests(collected), firstDay: day, lastDay: day });
    collected = [];
    words = 0;
  };
  for (let part = 0; ; part += 1) {
    const sources = await stored.messageIds((day - KEPT_DAYS) * DAY_MS, part);
    if (sources === null) break;
    for (const source of sources) {
      const found = digests.ofSource(source, source.messageIds);
      collected.push(found);
      words += found.length;
    }
    if (words >= REBUILT_RUN * DIGEST_WORDS) await write();
  }
  await write();
}

function today(options: MessageIndexOptions): number {
  return Math.floor(options.now() / DAY_MS);
}
