import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ClickHouseEngine } from "./engine/clickhouse/clickhouse-engine.ts";
import type { ClickHouseAddress } from "./engine/clickhouse/connection.ts";
import type { EngineOptions } from "./engine/duckdb-engine.ts";
import { EngineClient } from "./engine/engine-client.ts";
import type { Engine } from "./engine/engine.ts";

/** Events in ClickHouse instead of in files of this machine. */
export interface ClickHouseOptions {
  readonly address: ClickHouseAddress;
  /** How long a log file is kept after ClickHouse has acknowledged it; 0 unless said otherwise. */
  readonly keepLogMinutes?: number;
}

/** Says in which engine the events of this data directory are, so that none are split over two. */
const MARK = "store.json";

/**
 * Opens the engine in which the events of a data directory are.
 *
 * A ClickHouse that is away is no reason not to start once it has been reached from here: the log
 * takes events meanwhile. The first start needs it, so that a wrong address is found at once.
 *
 * @throws Error if the events of the directory are in another engine, or ClickHouse cannot be used
 */
export async function openEngine(
  root: string,
  local: EngineOptions,
  remote: ClickHouseOptions | null,
  now: () => number,
): Promise<Engine> {
  const known = await readFile(join(root, MARK), "utf8").catch(() => null);
  if (remote === null) {
    if (known !== null) {
      throw new Error(
        `the events of ${root} are in ClickHouse: set CLICKHOUSE_URL. Without it new events would be kept apart from them.`,
      );
    }
    return new EngineClient(local);
  }
  const segments = (await readdir(local.segmentsFolder)).filter((name) =>
    name.endsWith(".parquet"),
  );
  if (segments.length > 0) {
    throw new Error(
      `${root} holds ${segments.length} segments of the embedded store, which ClickHouse would not see: export them with \`paceline events export\`, start with a new data directory and import them there.`,
    );
  }
  const engine = new ClickHouseEngine({ ...remote, now });
  try {
    await engine.connect();
  } catch (error) {
    if (known === null || !engine.isAway) {
      await engine.close();
      throw error;
    }
  }
  if (known === null)
    await writeFile(join(root, MARK), `${JSON.stringify({ engine: "clickhouse" })}\n`);
  return engine;
}
