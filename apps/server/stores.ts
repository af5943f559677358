import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { closeDatabase, listen, migrateToLatest, openDatabase } from "@paceline/db";
import type { Db, Notifications } from "@paceline/db";
import { checkPostgresVersion, startPostgres } from "@paceline/postgres";
import type { Logger } from "pino";

import type { Config } from "./config.ts";
import { allMigrations } from "./migrations.ts";

/**
 * Who stops an embedded PostgreSQL at the end: the server always, a command line only when it has
 * started it itself and no server of ours uses it.
 */
export type StopRule = "always" | "if-started-here";

/** The control store, ready to use. */
export interface ControlStore {
  readonly db: Db;
  readonly url: string;
  readonly notifications: Notifications;
  close(): Promise<void>;
}

/**
 * Starts or reaches PostgreSQL and brings its schema up to date.
 *
 * @throws PostgresError that says what to do, when there is no usable server
 */
export async function openControlStore(
  config: Config,
  logger: Logger,
  stopRule: StopRule = "always",
): Promise<ControlStore> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  const embedded =
    config.databaseUrl === null
      ? await startPostgres({ dataDir: join(config.dataDir, "postgres") })
      : null;
  const url = embedded?.url ?? config.databaseUrl ?? "";
  if (embedded === null) await checkPostgresVersion(url);
  // Only the message: the error of a driver carries its client, with the connection's secrets.
  const onError = (error: Error): void =>
    logger.warn({ reason: error.message }, "a database connection broke");
  const db = openDatabase(url, onError);
  try {
    const ran = await migrateToLatest(db, allMigrations);
    if (ran.length > 0) logger.info({ migrations: ran }, "the schema was brought up to date");
    const notifications = await listen(url, onError);
    return {
      db,
      url,
      notifications,
      async close() {
        await notifications.close();
        await closeDatabase(db);
        if (stopRule === "always" || embedded?.adopted === false) await embedded?.stop();
      },
    };
  } catch (error) {
    await closeDatabase(db);
    if (stopRule === "always" || embedded?.adopted === false) await embedded?.stop();
    throw error;
  }
}
