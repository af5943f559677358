import { execFileSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { getgid, getuid } from "node:process";

import { PostgresError, errorCode } from "./errors.ts";

/** The user that runs the server process; `null` on a system without user numbers. */
export type ServerUser = { readonly uid: number; readonly gid: number; readonly other: boolean };

const CANDIDATES = ["postgres", "nobody"] as const;

function userNumber(flag: "-u" | "-g", name: string): number | null {
  try {
    const text = execFileSync("id", [flag, name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return Number.parseInt(text, 10);
  } catch {
    return null; // no such user
  }
}

/** PostgreSQL refuses to run as root, so root needs an existing account to run it under. */
function accountForRoot(): ServerUser {
  for (const name of CANDIDATES) {
    const uid = userNumber("-u", name);
    const gid = userNumber("-g", name);
    if (uid !== null && gid !== null && uid !== 0) return { uid, gid, other: true };
  }
  throw new PostgresError(
    "no-server-user",
    "PostgreSQL refuses to run as root, and this system has neither a user postgres nor a user nobody.",
    "Create one (useradd --system postgres), run Paceline as another user, or set DATABASE_URL.",
  );
}

/**
 * Who runs the server for the cluster in `clusterFolder` (which need not exist yet).
 * PostgreSQL insists on owning its folder, so as root an existing folder's owner is kept.
 */
export async function chooseServerUser(clusterFolder: string): Promise<ServerUser | null> {
  const uid = getuid?.();
  const gid = getgid?.();
  if (uid === undefined || gid === undefined) return null;
  const owner = await ownerOf(clusterFolder);
  if (uid !== 0) {
    if (owner !== null && owner.uid !== uid)
      throw new PostgresError(
        "data-directory-unusable",
        `The database folder ${clusterFolder} belongs to user number ${owner.uid}, but this process runs as ${uid}.`,
        `Run as the user that created it, or hand it over: chown -R ${uid} ${dirname(clusterFolder)}.`,
      );
    return { uid, gid, other: false };
  }
  if (owner !== null && owner.uid !== 0) return { ...owner, other: true };
  return accountForRoot();
}

async function ownerOf(folder: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const { uid, gid } = await stat(folder);
    return { uid, gid };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

const OWNER_MAY_ENTER = 0o100;
const GROUP_MAY_ENTER = 0o010;
const OTHERS_MAY_ENTER = 0o001;

/** Whether `user` may pass through `folder` and every folder above it, by their mode bits. */
export async function canEnter(folder: string, user: ServerUser): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const bit =
      uid === user.uid ? OWNER_MAY_ENTER : gid === user.gid ? GROUP_MAY_ENTER : OTHERS_MAY_ENTER;
    if ((mode & bit) === 0) return false;
    if (dirname(at) === at) return true;
  }
}
