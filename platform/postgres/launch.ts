import { type ChildProcess, execFile, spawn } from "node:child_process";
import { open, readFile, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { platform } from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

import { type RunningServer, connectToServer, isTransient, readPidFile } from "./adopt.ts";
import { programPath } from "./binaries.ts";
import {
  type Cluster,
  diskFullError,
  folderAsSeenByServer,
  serverEnvironment,
  spawnIdentity,
} from "./cluster.ts";
import type { Listening } from "./connect.ts";
import { PostgresError } from "./errors.ts";
import { isRunning, sendSignal } from "./process.ts";
import type { ServerUser } from "./server-user.ts";

export type LaunchPlan = {
  readonly cluster: Cluster;
  readonly runnable: string;
  readonly user: ServerUser | null;
  readonly listening: Listening;
  readonly settings: Readonly<Record<string, string>>;
  /** the number in a left-over pid file that an unrelated process has now */
  readonly reusedPid: number | null;
  readonly deadlineAt: number;
};

export type LaunchOutcome =
  | { readonly kind: "ready"; readonly server: RunningServer }
  /** another starter was faster: look again */
  | { readonly kind: "locked" }
  | { readonly kind: "port-taken" };

const POLL_MS = 15;
const LOG_ROTATE_BYTES = 8 * 2 ** 20;
const FAST_STOP_MS = 30_000;
const IMMEDIATE_STOP_MS = 10_000;

/** A port of 127.0.0.1 that is free now; somebody may still take it before the server does. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was assigned");
  return address.port;
}

function serverFlags(plan: LaunchPlan, seen: string): string[] {
  const listening: Record<string, string> =
    plan.listening.kind === "socket"
      ? {
          listen_addresses: "",
          unix_socket_directories: ".",
          unix_socket_permissions: "0700",
          port: "5432",
        }
      : {
          listen_addresses: "127.0.0.1",
          unix_socket_directories: "",
          port: String(plan.listening.port),
        };
  const settings = {
    timezone: "UTC",
    log_timezone: "UTC",
    jit: "off",
    ...plan.settings,
    ...listening,
  };
  return [
    "-D",
    seen,
    ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
  ];
}

async function spawnServer(plan: LaunchPlan): Promise<ChildProcess> {
  const { cluster, user } = plan;
  const size = await stat(cluster.logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_ROTATE_BYTES) await rename(cluster.logFile, `${cluster.logFile}.1`);
  const log = await open(cluster.logFile, "a", 0o600);
  try {
    const grandparent =
      plan.reusedPid === null ? {} : { PG_GRANDPARENT_PID: String(plan.reusedPid) };
    const child = spawn(
      programPath(plan.runnable, "postgres"),
      serverFlags(plan, await folderAsSeenByServer(cluster.folder, user)),
      {
        ...spawnIdentity(user),
        cwd: cluster.folder,
        // PostgreSQL takes a pid file naming its grandparent as stale; so it settles the file by itself.
        env: { ...serverEnvironment(), ...grandparent },
        // A session of its own: Ctrl-C in the terminal must stop us first and the database last.
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

type Ended = { readonly reason: string; readonly cause?: unknown };

/** Starts the server and waits until it accepts connections or ends. */
export async function launchServer(plan: LaunchPlan): Promise<LaunchOutcome> {
  const { cluster } = plan;
  let ended: Ended | null = null;
  let logFrom = 0;
  try {
    logFrom = await stat(cluster.logFile).then(
      (found) => (found.size > LOG_ROTATE_BYTES ? 0 : found.size),
      () => 0,
    );
    const child = await spawnServer(plan);
    child.once("error", (cause) => (ended = { reason: cause.message, cause }));
    child.once("exit", (code, signal) => (ended ??= { reason: `ended with ${signal ?? code}` }));
    while (ended === null && performance.now() < plan.deadlineAt) {
      const server = await tryConnect(cluster, child.pid ?? -1);
      if (server !== null) return { kind: "ready", server };
      await delay(POLL_MS);
    }
  } catch (cause) {
    if (cause instanceof PostgresError) throw cause;
    ended = { reason: cause instanceof Error ? cause.message : String(cause), cause };
  }
  return explainEnd(plan, ended ?? { reason: "did not answer in time" }, logFrom);
}

async function tryConnect(cluster: Cluster, pid: number): Promise<RunningServer | null> {
  const found = await readPidFile(cluster);
  if (found === null || found.pid !== pid || !found.ready) return null;
  try {
    return await connectToServer(cluster, found);
  } catch (error) {
    if (isTransient(error)) return null;
    throw error;
  }
}

async function explainEnd(plan: LaunchPlan, ended: Ended, logFrom: number): Promise<LaunchOutcome> {
  const { cluster } = plan;
  const log = await readFile(cluster.logFile).then(
    (bytes) => bytes.subarray(logFrom).toString("utf8"),
    () => "",
  );
  if (/lock file "postmaster\.pid" already exists/.test(log)) return { kind: "locked" };
  if (/Address already in use|could not create any TCP\/IP sockets/.test(log))
    return { kind: "port-taken" };
  const full = await diskFullError(cluster.dataDir, `${log} ${ended.reason}`, ended.cause);
  if (full) throw full;
  const tail = log.trim().split("\n").slice(-5).join(" / ");
  throw new PostgresError(
    "start-failed",
    `The embedded PostgreSQL ${ended.reason}${tail === "" ? "" : `: ${tail}`}.`,
    `The whole log is ${cluster.logFile}. Correct that, or set DATABASE_URL to a PostgreSQL 15 to 18 server.`,
    ended.cause,
  );
}

async function waitUntilGone(cluster: Cluster, pid: number, timeoutMs: number): Promise<boolean> {
  const deadlineAt = performance.now() + timeoutMs;
  while (performance.now() < deadlineAt) {
    // A container without an init process never reaps the orphan; then the pid file tells.
    if (!(await isRunning(pid)) || (await readPidFile(cluster))?.pid !== pid) return true;
    await delay(POLL_MS);
  }
  return false;
}

/**
 * Fast stop: open transactions are rolled back, a checkpoint is written. A server that does not end in
 * 30 s is stopped at once and recovers from its log at the next start; nothing committed is lost.
 */
export async function stopServer(cluster: Cluster, runnable: string, pid: number): Promise<void> {
  if (platform === "win32") {
    await promisify(execFile)(programPath(runnable, "pg_ctl"), [
      "stop",
      "--mode=fast",
      "-D",
      cluster.folder,
    ]);
    return;
  }
  sendSignal(pid, "SIGINT");
  if (await waitUntilGone(cluster, pid, FAST_STOP_MS)) return;
  sendSignal(pid, "SIGQUIT");
  await waitUntilGone(cluster, pid, IMMEDIATE_STOP_MS);
}
