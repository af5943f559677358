import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A ClickHouse that tests may stop, kill and start again on the same folder and port. */
export interface ClickHouseProcess {
  readonly url: string;
  /** Executes the next insert and then breaks the connection instead of answering. */
  loseNextAnswer(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClickHouseProcessOptions {
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly version?: string;
  readonly config?: string;
}

/** Starts the shim on a data folder and waits until it listens. */
export async function startClickHouse(
  folder: string,
  options: ClickHouseProcessOptions = {},
): Promise<ClickHouseProcess> {
  const script = fileURLToPath(new URL("shim.ts", import.meta.url));
  const more = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child: ChildProcessWithoutNullStreams = spawn(
    process.execPath,
    [script, "--folder", folder, ...more],
    { stdio: "pipe" },
  );
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, "line"),
    exited.then(() => {
      throw new Error(`the ClickHouse of the test ended: ${errors}`);
    }),
  ])) as [string];
  return {
    url: line.slice("ready ".length),
    async loseNextAnswer() {
      const heard = once(lines, "line");
      child.stdin.write("lose-answer\n");
      await heard;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
