import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";

import {
  type EmbeddedPostgres,
  PostgresError,
  postgresBinaries,
  startPostgres,
  stopPostgres,
} from "@paceline/postgres";

export const REPOSITORY = join(import.meta.dirname, "..", "..");
const SERVERS = join(REPOSITORY, "node_modules", ".cache", "paceline-test");

/** A crash of the machine may break these databases; they hold nothing that a test run cannot make again. */
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "400",
};

const DEFAULT_MAJOR = "18";
/** npm packages that hold another major version than the default one */
const PACKAGES: Readonly<Record<string, string>> = { "15": "pg15" };

let running: Promise<EmbeddedPostgres> | undefined;

/**
 * The PostgreSQL server of this test run. The first test file starts it, the others find it running.
 * `PACELINE_TEST_PG` chooses the major version: 18 (default) or 15.
 */
export function testServer(): Promise<EmbeddedPostgres> {
  running ??= openServer(env["PACELINE_TEST_PG"] ?? DEFAULT_MAJOR);
  return running;
}

async function openServer(major: string): Promise<EmbeddedPostgres> {
  if (major !== DEFAULT_MAJOR && PACKAGES[major] === undefined)
    throw new Error(
      `PACELINE_TEST_PG=${major}: only ${[DEFAULT_MAJOR, ...Object.keys(PACKAGES)].join(" and ")} are installed`,
    );
  const dataDir = join(SERVERS, `pg${major}`);
  const binaries = await postgresBinaries(PACKAGES[major]);
  try {
    return await startPostgres({ dataDir, binaries, settings: SETTINGS });
  } catch (error) {
    const broken =
      error instanceof PostgresError &&
      ["start-failed", "data-directory-version"].includes(error.kind);
    if (!broken) throw error;
    await rm(dataDir, { recursive: true, force: true });
    return startPostgres({ dataDir, binaries, settings: SETTINGS });
  }
}

/** Stops the test servers of every major version; the next test file starts a new one. */
export async function stopTestServers(): Promise<void> {
  running = undefined;
  const folders = await readdir(SERVERS).catch(() => []);
  for (const folder of folders) await stopPostgres(join(SERVERS, folder));
}
