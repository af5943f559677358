import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { Cluster } from "./cluster.ts";
import { readSecret } from "./cluster.ts";
import { type Listening, serverUrl, withConnection } from "./connect.ts";
import { PostgresError, errorCode } from "./errors.ts";
import { isRunning, mayBePostgres } from "./process.ts";

/** What `postmaster.pid` says; the format is PostgreSQL's own (`src/include/utils/pidfile.h`). */
type PidFile = {
  readonly pid: number;
  readonly startedAt: string;
  readonly listening: Listening;
  /** whether it says that connections are taken; before that, somebody else may own the port */
  readonly ready: boolean;
};

export type RunningServer = {
  readonly pid: number;
  readonly listening: Listening;
  readonly version: string;
};

/** `stale`: no server; `pid` is set when an unrelated process now has the number in the file. */
export type Adoption =
  | { readonly kind: "adopted"; readonly server: RunningServer }
  | { readonly kind: "none" }
  | { readonly kind: "stale"; readonly reusedPid: number };

/** Codes of a server that starts up, shuts down or has just gone: cannot_connect_now, admin_shutdown. */
const TRANSIENT_CODES: readonly string[] = [
  "57P03",
  "57P01",
  "ENOENT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
];

/** Whether a connection failed because the server is on its way up or down. */
export function isTransient(error: unknown): boolean {
  const cut = error instanceof Error && error.message.startsWith("Connection terminated");
  return cut || TRANSIENT_CODES.includes(errorCode(error));
}
const POLL_MS = 20;

export async function readPidFile(cluster: Cluster): Promise<PidFile | null> {
  const text = await readFile(join(cluster.folder, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number.parseInt(lines[0] ?? "", 10);
  const port = Number.parseInt(lines[3] ?? "", 10);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const onSocket = (lines[4] ?? "") !== "" || !Number.isInteger(port);
  return {
    pid,
    startedAt: lines[2] ?? "",
    ready: (lines[7] ?? "").trim() === "ready",
    listening: onSocket ? { kind: "socket" } : { kind: "tcp", port },
  };
}

/**
 * Connects to the server that the pid file names and proves that it serves this very folder: it reads the
 * same pid file. (`data_directory` alone is not proof: it may be relative to the server's working directory.)
 *
 * @throws the connection's own error, or PostgresError `data-directory-in-use`
 */
export async function connectToServer(cluster: Cluster, found: PidFile): Promise<RunningServer> {
  const url = serverUrl(cluster, found.listening, await readSecret(cluster), "postgres");
  const row = await withConnection(url, async (client) => {
    const result = await client.query<{ version: string; directory: string; pid_file: string }>(
      `select current_setting('server_version') as version, current_setting('data_directory') as directory,
              pg_read_file('postmaster.pid') as pid_file`,
    );
    return result.rows[0];
  });
  const lines = (row?.pid_file ?? "").split("\n");
  const sameFile = lines[0] === String(found.pid) && lines[2] === found.startedAt;
  const sameFolder = row?.directory === cluster.folder || row?.directory.startsWith("/proc/self/");
  if (row === undefined || !sameFile || !sameFolder)
    throw new PostgresError(
      "data-directory-in-use",
      `The server that answers for ${cluster.folder} serves ${row?.directory ?? "another folder"}.`,
      "Was the data directory copied or moved while its server ran? Stop that server, then start again.",
    );
  return { pid: found.pid, listening: found.listening, version: row.version };
}

/**
 * Looks for a server that an earlier, killed process of ours left running on this folder, and waits
 * while it is starting up or shutting down. The pid file is never touched: PostgreSQL settles a stale one.
 */
export async function adoptServer(cluster: Cluster, deadlineAt: number): Promise<Adoption> {
  for (;;) {
    const found = await readPidFile(cluster);
    if (found === null) return { kind: "none" };
    if (!(await isRunning(found.pid))) return { kind: "none" };
    if (!(await mayBePostgres(found.pid))) return { kind: "stale", reusedPid: found.pid };
    try {
      if (found.ready) return { kind: "adopted", server: await connectToServer(cluster, found) };
    } catch (error) {
      if (!isTransient(error) || performance.now() > deadlineAt)
        throw adoptionRefused(cluster, found.pid, error);
    }
    if (performance.now() > deadlineAt) throw adoptionRefused(cluster, found.pid, undefined);
    await delay(POLL_MS);
  }
}

function adoptionRefused(cluster: Cluster, pid: number, cause: unknown): PostgresError {
  if (cause instanceof PostgresError) return cause;
  return new PostgresError(
    "data-directory-in-use",
    `Process ${pid} holds the database folder ${cluster.folder} and does not accept this process (${cause instanceof Error ? cause.message : "no answer"}).`,
    `Stop it (kill -INT ${pid}), then start again.`,
    cause,
  );
}
