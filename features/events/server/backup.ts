import { constants } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { KEY_FILE, LEDGER_FILE } from "./erasure/erasures.ts";
import type { ErasureReplay } from "./erasure/erasures.ts";
import { readLedger } from "./erasure/ledger.ts";
import type { ErasureReceipt } from "./erasure/receipt.ts";
import { openEventStore } from "./event-store.ts";
import type { ClickHouseOptions } from "./open-engine.ts";

const MANIFEST = "manifest.json";
/** The ledger at the end of the backup: who was erased while it was made. */
const LATER_LEDGER = "erasures-later.ndjson";
/** A store whose files change all the time is copied in the end: each pass has less left to copy. */
const MOST_PASSES = 50;

/**
 * Copies the events of a data directory while a server runs on it. Files never change under their
 * name, so those of a manifest that is the same before and after the copy are one state of the
 * store, with the segments of log files that no manifest lists. The ledger of erasures comes first
 * and again last: who is in the second one only may still be in the files.
 *
 * @throws Error if the store changes faster than it can be copied
 */
export async function copyEvents(dataDir: string, target: string): Promise<void> {
  const from = join(dataDir, "events");
  const to = join(target, "events");
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of [KEY_FILE, LEDGER_FILE, "store.json"]) {
    await copyIfThere(join(from, name), join(to, name));
  }
  await copyAll(join(from, "erasing"), join(to, "erasing"));
  // Logs before segments: a log file that is gone by then is in a segment.
  await copyAll(join(from, "log"), join(to, "log"), (name) => name.endsWith(".ndjson"));
  await copySegments(join(from, "segments"), join(to, "segments"));
  await copyAll(join(from, "segments", "damaged"), join(to, "segments", "damaged"));
  await copyIfThere(join(from, LEDGER_FILE), join(to, LATER_LEDGER));
}

async function copySegments(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const before = await readIfThere(join(from, MANIFEST));
    const names = (await readdir(from)).filter((name) => name.endsWith(".parquet"));
    const copied = new Set(await readdir(to));
    let whole = true;
    for (const name of names) {
      if (!copied.has(name)) whole = (await copyIfThere(join(from, name), join(to, name))) && whole;
    }
    const after = await readIfThere(join(from, MANIFEST));
    if (!whole || before !== after) continue;
    const live = new Set(names);
    for (const name of copied) if (!live.has(name)) await rm(join(to, name), { force: true });
    await copyIfThere(join(from, MANIFEST), join(to, MANIFEST));
    if ((await readIfThere(join(to, MANIFEST))) === before) return;
  }
  throw new Error("the events change faster than they can be copied: try again when less arrives");
}

async function copyAll(
  from: string,
  to: string,
  chosen: (name: string) => boolean = () => true,
): Promise<void> {
  const names = await readdir(from).catch((): string[] => []);
  for (const name of names.filter(chosen)) {
    await mkdir(to, { recursive: true, mode: 0o700 });
    await copyIfThere(join(from, name), join(to, name));
  }
}

/** @returns false if there is no such file (any more) */
async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return false;
    throw cause;
  }
}

function readIfThere(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw cause;
  });
}

export interface ReplayErasures {
  /** Where the backup was restored to; no server runs on it. */
  readonly dataDir: string;
  /** Ledgers of the same installation that are newer than the backup, as files. */
  readonly ledgers: readonly string[];
  /** Where the events are, if not in files below the data directory. */
  readonly clickhouse?: ClickHouseOptions;
}

/**
 * Erases again, in restored events, everybody who was erased after the backup: by the ledger that the
 * backup ends with, and by those that are handed in. Their later events are refused again, too.
 *
 * @throws Error if a ledger was made with another secret: its digests would match nobody
 */
export async function replayErasures(restored: ReplayErasures): Promise<ErasureReplay> {
  const { dataDir, ledgers, clickhouse } = restored;
  const root = join(dataDir, "events");
  const receipts: ErasureReceipt[] = [];
  for (const path of [join(root, LATER_LEDGER), ...ledgers]) {
    receipts.push(...(await readLedger(path)));
  }
  const unique = [...new Map(receipts.map((receipt) => [receipt.id, receipt])).values()];
  const store = await openEventStore({
    dataDir,
    ...(clickhouse === undefined ? {} : { clickhouse }),
  });
  try {
    await store.erasures.resume();
    const replay = await store.erasures.replay(
      unique.toSorted((a, b) => a.completedAt - b.completedAt),
    );
    await rm(join(root, LATER_LEDGER), { force: true });
    return replay;
  } finally {
    await store.close();
  }
}
