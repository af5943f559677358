import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { backupStatements } from "./engine/clickhouse/backing-up.ts";
import { checkServer, ClickHouseConnection } from "./engine/clickhouse/connection.ts";
import { digestOf } from "./engine/clickhouse/loading.ts";
import { migrate } from "./engine/clickhouse/schema.ts";
import { number, text } from "./engine/rows.ts";
import type { ClickHouseOptions } from "./open-engine.ts";

const SUFFIX = ".native";

/** How far a backup or a restore has come. */
export interface BackupProgress {
  readonly done: number;
  readonly of: number;
}

/**
 * Writes the events of ClickHouse into files, one for each month, while it takes events.
 *
 * @param folder must not exist
 * @returns events written; what arrives meanwhile may be in it or not
 */
export async function saveClickHouse(
  { address }: ClickHouseOptions,
  folder: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<number> {
  await mkdir(folder, { mode: 0o700 });
  const connection = new ClickHouseConnection(address);
  try {
    const months = await connection.rows(backupStatements.months);
    const of = months.reduce((sum, row) => sum + number(row, "events"), 0);
    let done = 0;
    for (const row of months) {
      const path = join(folder, `${text(row, "month")}${SUFFIX}`);
      const bytes = await connection.bytes(backupStatements.save(text(row, "month")));
      await pipeline(bytes, createWriteStream(path, { flags: "wx", mode: 0o600 }));
      done += number(row, "events");
      onProgress({ done, of });
    }
    return of;
  } finally {
    await connection.close();
  }
}

/**
 * Puts the events of a backup into ClickHouse. May be repeated: what is there already adds nothing.
 * Copies of a message, as a restore into tables with events makes them, count once from then on.
 */
export async function restoreClickHouse(
  { address }: ClickHouseOptions,
  folder: string,
  now: number,
  onProgress: (progress: BackupProgress) => void,
): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).toSorted();
  await checkServer(address);
  const connection = new ClickHouseConnection(address);
  try {
    await migrate(connection, now);
    for (const [place, file] of files.entries()) {
      const path = join(folder, file);
      const token = `restore-${file}-${digestOf(await readFile(path))}`;
      await connection.insert(backupStatements.restore, createReadStream(path), {
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        insert_distributed_sync: 1,
        max_partitions_per_insert_block: "0",
      });
      onProgress({ done: place + 1, of: files.length });
    }
    await connection.run(backupStatements.scopes);
    await connection.run(backupStatements.markRestored(now));
  } finally {
    await connection.close();
  }
}
