import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const REPOSITORY = join(import.meta.dirname, "..", "..");

/** A whole server as a process of its own that shares a database and a ClickHouse with others. */
export interface NodeProcess {
  readonly url: string;
  readonly firstRunUrl: string | null;
  readonly pid: number;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server with these settings in its environment and waits until it is ready.
 *
 * @throws Error with what it said, if it ends before
 */
export async function startNode(settings: Readonly<Record<string, string>>): Promise<NodeProcess> {
  const child = spawn(
    process.execPath,
    [join(REPOSITORY, "apps", "server", "main.ts"), "--port", "0", "--sample", "0", "--json"],
    {
      cwd: REPOSITORY,
      env: {
        ...process.env,
        PACELINE_OTLP_PORT: "",
        PACELINE_FLAGD_EVALUATION_PORT: "",
        PACELINE_FLAGD_SYNC_PORT: "",
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, "line"),
    exited.then(([code]) => {
      throw new Error(`the server ended with ${code}: ${errors}`);
    }),
  ])) as [string];
  const ready = JSON.parse(line) as { url: string; firstRunUrl: string | null };
  return {
    ...ready,
    pid: child.pid ?? 0,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
