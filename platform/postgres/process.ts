import { readFile } from "node:fs/promises";
import { kill, platform } from "node:process";

import { errorCode } from "./errors.ts";

async function procFile(pid: number, name: string): Promise<string | null> {
  if (platform !== "linux") return null;
  return readFile(`/proc/${pid}/${name}`, "utf8").catch(() => null);
}

/** Whether a process runs under this number. A zombie that nobody has reaped does not run. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  const stat = await procFile(pid, "stat");
  return stat === null || !/\) Z /.test(stat);
}

/** `false` only when the process under this number is certainly something else than PostgreSQL. */
export async function mayBePostgres(pid: number): Promise<boolean> {
  const name = await procFile(pid, "comm");
  return name === null || name.startsWith("postgres");
}

export function sendSignal(pid: number, signal: "SIGINT" | "SIGQUIT"): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
