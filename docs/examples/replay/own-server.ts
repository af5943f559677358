import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
const STOP_MS = 20_000;

/** A server of the example's own. */
export interface OwnServer {
  readonly url: string;
  /** Token of the one-time link; null when the data directory has an owner already. */
  readonly firstRunToken: string | null;
  readonly dataDir: string;
  close(): Promise<void>;
}

/** Whatever is set where the example runs: another server may be running beside it. */
const OF_ITS_OWN = {
  DATABASE_URL: "",
  PACELINE_OTLP_PORT: "",
  PACELINE_FLAGD_EVALUATION_PORT: "",
  PACELINE_FLAGD_SYNC_PORT: "",
};

/**
 * Starts a server on a free port.
 *
 * @param keepIn  data directory to use and keep; null takes a temporary one
 */
export async function startOwnServer(keepIn: string | null): Promise<OwnServer> {
  const dataDir = keepIn ?? (await mkdtemp(join(tmpdir(), "paceline-example-")));
  const args = ["--port", "0", "--data-dir", dataDir, "--sample", "0", "--json"];
  const child = spawn(process.execPath, [join(REPOSITORY, "apps/server/main.ts"), ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, ...OF_ITS_OWN },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = await new Promise<{ url: string; firstRunUrl: string | null }>(
    (resolve, reject) => {
      child.once("exit", (code) =>
        reject(new Error(`the server ended with ${code} before it was ready`)),
      );
      createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line)));
    },
  );
  return {
    url: ready.url,
    firstRunToken: ready.firstRunUrl?.split("#")[1] ?? null,
    dataDir,
    async close() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
      if (keepIn === null) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
