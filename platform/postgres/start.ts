import { resolve } from "node:path";

import { type RunningServer, adoptServer } from "./adopt.ts";
import { type PostgresBinaries, postgresBinaries, prepareBinaries } from "./binaries.ts";
import { SUPERUSER, clusterAt, ensureCluster, prepareDataDir, readSecret } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { type Listening, serverUrl, socketFits, withConnection } from "./connect.ts";
import { PostgresError } from "./errors.ts";
import { freePort, launchServer, stopServer } from "./launch.ts";
import { chooseServerUser } from "./server-user.ts";

export type PostgresLogger = {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
};

export type PostgresOptions = {
  /** everything of this server lies below it; made if absent */
  readonly dataDir: string;
  readonly logger?: PostgresLogger;
  /** by default those of the npm package for this platform */
  readonly binaries?: PostgresBinaries;
  /** server settings, for example `{ fsync: "off" }` in tests */
  readonly settings?: Readonly<Record<string, string>>;
  /** by default a socket inside the private folder; where its path is too long, a free port of 127.0.0.1 */
  readonly listen?: { readonly kind: "socket" } | { readonly kind: "tcp"; readonly port?: number };
  /** for start-up and crash recovery together; default 120 000 */
  readonly timeoutMs?: number;
};

export type EmbeddedPostgres = {
  /** holds the password; points to the database `paceline` */
  readonly url: string;
  /** for example `18.4` */
  readonly version: string;
  /** process number of the server, which is not always our child */
  readonly pid: number;
  /** whether the server was running already, left over from a killed process of ours */
  readonly adopted: boolean;
  /** Fast stop. The server also survives without it: the next start adopts it. */
  stop(): Promise<void>;
};

const DEFAULT_TIMEOUT_MS = 120_000;
const ATTEMPTS = 8;

function chooseListening(cluster: Cluster, wanted: PostgresOptions["listen"]): Promise<Listening> {
  if (wanted?.kind === "socket" || (wanted === undefined && socketFits(cluster)))
    return Promise.resolve({ kind: "socket" });
  if (wanted?.port !== undefined) return Promise.resolve({ kind: "tcp", port: wanted.port });
  return freePort().then((port) => ({ kind: "tcp", port }));
}

/**
 * Starts PostgreSQL on `dataDir`, or adopts the server that a killed process left running there.
 * Several processes may call it at once; all get the same server.
 *
 * @throws PostgresError; its message says the way out
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = clusterAt(resolve(options.dataDir));
  const deadlineAt = performance.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  await prepareDataDir(cluster.dataDir);
  const user = await chooseServerUser(cluster.folder);
  const binaries = options.binaries ?? (await postgresBinaries());
  const runnable = await prepareBinaries(binaries, cluster.dataDir, user);

  const handOver = async (server: RunningServer, adopted: boolean): Promise<EmbeddedPostgres> => {
    const { pid, version, listening } = server;
    const secret = await readSecret(cluster);
    await ensureDatabase(serverUrl(cluster, listening, secret, "postgres"));
    options.logger?.info({ pid, version, adopted }, "embedded PostgreSQL is ready");
    return {
      url: serverUrl(cluster, listening, secret, SUPERUSER),
      version,
      pid,
      adopted,
      stop: () => stopServer(cluster, runnable, pid),
    };
  };

  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await adoptServer(cluster, deadlineAt);
    if (found.kind === "adopted") return handOver(found.server, true);
    await ensureCluster(cluster, binaries, runnable, user);
    const outcome = await launchServer({
      cluster,
      runnable,
      user,
      listening: await chooseListening(cluster, options.listen),
      settings: options.settings ?? {},
      reusedPid: found.kind === "stale" ? found.reusedPid : null,
      deadlineAt,
    });
    if (outcome.kind === "ready") return handOver(outcome.server, false);
    if (outcome.kind === "port-taken" && options.listen !== undefined) throw portTaken(options);
  }
  throw new PostgresError(
    "data-directory-in-use",
    `Other processes keep starting and stopping a server on ${cluster.dataDir}.`,
    "Stop them, or give this one a data directory of its own.",
  );
}

/**
 * Stops the server that runs on `dataDir`, whoever started it.
 *
 * @returns whether one was running
 * @throws PostgresError `data-directory-in-use` if the process that holds the folder does not answer as ours
 */
export async function stopPostgres(dataDir: string): Promise<boolean> {
  const cluster = clusterAt(resolve(dataDir));
  const found = await adoptServer(cluster, performance.now() + DEFAULT_TIMEOUT_MS);
  if (found.kind !== "adopted") return false;
  const binaries = await postgresBinaries();
  await stopServer(cluster, binaries.folder, found.server.pid);
  return true;
}

function portTaken({ listen }: PostgresOptions): PostgresError {
  const port = listen?.kind === "tcp" ? listen.port : undefined;
  return new PostgresError(
    "port-taken",
    port === undefined
      ? "The server's socket is taken by another program."
      : `Port ${port} of 127.0.0.1 is taken by another program.`,
    "Stop that program, or leave the port out: a free one is then chosen.",
  );
}

/** Two starters may create it at once; the loser's error says that the database is there. */
async function ensureDatabase(url: string): Promise<void> {
  await withConnection(url, async (client) => {
    const found = await client.query("select 1 from pg_database where datname = $1", [SUPERUSER]);
    if (found.rowCount !== 0) return;
    await client.query(`create database ${SUPERUSER}`).catch((error: unknown) => {
      const lostRace =
        error instanceof Error &&
        "code" in error &&
        ["42P04", "23505"].includes(String(error.code));
      if (!lostRace) throw error;
    });
  });
}
