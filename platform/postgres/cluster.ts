import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { env, platform } from "node:process";
import { promisify } from "node:util";

import { type PostgresBinaries, programPath } from "./binaries.ts";
import { PostgresError, diskFull, errorCode } from "./errors.ts";
import { type ServerUser, canEnter } from "./server-user.ts";

/** The superuser of the embedded server, and the name of the product's database in it. */
export const SUPERUSER = "paceline";

const INITIALISING = "initialising-";
const ABANDONED_AFTER_MS = 10 * 60_000;
const SECRET_NAME = "paceline.password";

/** A database server's files: everything it needs lies below `dataDir`. */
export type Cluster = {
  readonly dataDir: string;
  /** PostgreSQL's own folder (`PGDATA`), mode 0700, owned by the server's user; holds the socket too */
  readonly folder: string;
  readonly logFile: string;
  /** the superuser's password, mode 0600, inside `folder` so that both appear in one rename */
  readonly secretFile: string;
};

export function clusterAt(dataDir: string): Cluster {
  return {
    dataDir,
    folder: join(dataDir, "cluster"),
    logFile: join(dataDir, "server.log"),
    secretFile: join(dataDir, "cluster", SECRET_NAME),
  };
}

/** Less than this is a full disk to PostgreSQL: one WAL segment has 16 MB. */
const LEAST_FREE_BYTES = 2 ** 20;

/** Turns the symptoms of a full disk into one clear error; anything else comes back as `null`. */
export async function diskFullError(
  dataDir: string,
  text: string,
  cause?: unknown,
): Promise<PostgresError | null> {
  if (/No space left on device|disk quota exceeded/i.test(text)) return diskFull(dataDir, cause);
  if (errorCode(cause) === "ENOSPC") return diskFull(dataDir, cause);
  const space = await statfs(dataDir).catch(() => null);
  const full = space !== null && space.bavail * space.bsize < LEAST_FREE_BYTES;
  return full ? diskFull(dataDir, cause) : null;
}

/** Creates the data directory; only folders that did not exist get their mode set. */
export async function prepareDataDir(dataDir: string): Promise<void> {
  try {
    const made = await mkdir(dataDir, { recursive: true, mode: 0o755 });
    if (made !== undefined) await chmod(dataDir, 0o755);
  } catch (error) {
    if (errorCode(error) === "ENOSPC") throw diskFull(dataDir, error);
    throw new PostgresError(
      "data-directory-unusable",
      `The data directory ${dataDir} cannot be created (${errorCode(error)}).`,
      "Set PACELINE_DATA_DIR to a folder that this user may write.",
      error,
    );
  }
}

/** The password of the superuser, made with the cluster. */
export async function readSecret(cluster: Cluster): Promise<string> {
  return (await readFile(cluster.secretFile, "utf8")).trim();
}

/**
 * How the server's user names the folder it is started in. Below a folder that it cannot enter (a project
 * in root's home) the absolute path is closed to it, but its own working directory is not.
 */
export async function folderAsSeenByServer(
  folder: string,
  user: ServerUser | null,
): Promise<string> {
  if (user === null || !user.other || (await canEnter(folder, user))) return folder;
  if (platform === "linux") return "/proc/self/cwd";
  throw new PostgresError(
    "data-directory-unusable",
    `The database folder ${folder} lies below a folder that user number ${user.uid} cannot enter.`,
    "Run Paceline as the folder's owner, or set PACELINE_DATA_DIR to a folder that others may enter.",
  );
}

/** Variables of the caller that would change what PostgreSQL does (`PGDATA`, `PGPORT`, locale) stay out. */
export function serverEnvironment(): Record<string, string> {
  const kept = ["PATH", "SystemRoot", "TEMP", "TMP"].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: "C", TZ: "UTC" };
}

export function spawnIdentity(user: ServerUser | null): { uid?: number; gid?: number } {
  return user?.other ? { uid: user.uid, gid: user.gid } : {};
}

/** The major version that made the cluster, or `null` if there is none yet. */
async function clusterMajor(cluster: Cluster): Promise<number | null> {
  try {
    return Number.parseInt(await readFile(join(cluster.folder, "PG_VERSION"), "utf8"), 10);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw new PostgresError(
      "data-directory-unusable",
      `The database folder ${cluster.folder} cannot be read (${errorCode(error)}).`,
      "Run as the user that created it, or correct its owner.",
      error,
    );
  }
}

/** Refuses a folder that the binaries cannot open; creates it if there is none. */
export async function ensureCluster(
  cluster: Cluster,
  binaries: PostgresBinaries,
  runnable: string,
  user: ServerUser | null,
): Promise<void> {
  const major = await clusterMajor(cluster);
  if (major === null) return initialise(cluster, runnable, user);
  if (major !== binaries.major)
    throw new PostgresError(
      "data-directory-version",
      `The database in ${cluster.folder} was made by PostgreSQL ${major}, but the installed binaries are ${binaries.major}.`,
      `Back up with the old version and restore into a new data directory, or install the binaries of ${major}.`,
    );
}

/** initdb in a folder of its own, then one rename: a killed initdb never leaves half a cluster. */
async function initialise(
  cluster: Cluster,
  runnable: string,
  user: ServerUser | null,
): Promise<void> {
  let work: string | undefined;
  try {
    await removeAbandoned(cluster.dataDir);
    work = await mkdtemp(join(cluster.dataDir, INITIALISING));
    const secret = randomBytes(24).toString("base64url");
    const pending = join(work, "cluster");
    await mkdir(pending, { mode: 0o700 });
    await writeFile(join(work, "password"), secret, { mode: 0o600, flush: true });
    if (user?.other)
      for (const path of [work, pending, join(work, "password")])
        await chown(path, user.uid, user.gid);
    await runInitdb(pending, runnable, user);
    await rename(join(work, "password"), join(pending, SECRET_NAME));
    await publish(cluster, pending);
  } catch (error) {
    if (error instanceof PostgresError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const full = await diskFullError(cluster.dataDir, text, error);
    if (full) throw full;
    throw new PostgresError(
      "start-failed",
      `The database could not be created in ${cluster.dataDir}: ${text.trim().split("\n").slice(-4).join(" / ")}.`,
      "Correct that, or set DATABASE_URL to a PostgreSQL 15 to 18 server.",
      error,
    );
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

/** Folders of starts that were killed during initdb; a living one takes seconds. */
async function removeAbandoned(dataDir: string): Promise<void> {
  const oldest = Date.now() - ABANDONED_AFTER_MS;
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(INITIALISING)) continue;
    const folder = join(dataDir, name);
    const made = await stat(folder).catch(() => null);
    if (made !== null && made.mtimeMs < oldest) await rm(folder, { recursive: true, force: true });
  }
}

async function runInitdb(
  pending: string,
  runnable: string,
  user: ServerUser | null,
): Promise<void> {
  const seen = await folderAsSeenByServer(pending, user);
  const flags = [
    `--pgdata=${seen}`,
    `--pwfile=${seen === pending ? join(pending, "..", "password") : `${seen}/../password`}`,
    `--username=${SUPERUSER}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
  ];
  await promisify(execFile)(programPath(runnable, "initdb"), flags, {
    ...spawnIdentity(user),
    cwd: pending,
    env: serverEnvironment(),
  });
}

async function publish(cluster: Cluster, pending: string): Promise<void> {
  try {
    await rename(pending, cluster.folder);
  } catch (error) {
    // Another process created the cluster meanwhile: use that one.
    if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes(errorCode(error))) throw error;
  }
}
