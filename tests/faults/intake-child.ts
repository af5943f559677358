import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server process that tests may kill. */
export interface IntakeChild {
  /** Resolves when the process starts to open its data directory. */
  readonly opening: Promise<void>;
  /** Resolves with the address when it serves; rejects if it ends before. */
  readonly ready: Promise<string>;
  /** Sends a command and waits for the line that answers it. */
  ask(command: "cpu" | "flush" | "compact", answer: string): Promise<string>;
  /** Ends it the hard way (SIGKILL) and waits until it is gone. */
  kill(): Promise<void>;
  /** Closes its standard input, upon which it shuts down, and waits. */
  stop(): Promise<void>;
}

export function startIntakeChild(dataDir: string, extra: readonly string[] = []): IntakeChild {
  const script = fileURLToPath(new URL("intake-server.ts", import.meta.url));
  const child = spawn(process.execPath, [script, "--data", dataDir, ...extra], {
    stdio: "pipe",
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exited = once(child, "exit");
  const lines = lineReader(child);
  const opening = lines.next("opening").then(() => undefined);
  const ready = Promise.race([
    lines.next("ready ").then((line) => line.slice("ready ".length)),
    exited.then(() => {
      throw new Error(`the server ended before it was ready: ${errors}`);
    }),
  ]);
  ready.catch(() => undefined);
  return {
    opening,
    ready,
    ask(command, answer) {
      const reply = lines.next(answer);
      child.stdin.write(`${command}\n`);
      return reply;
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

function lineReader(child: ChildProcessWithoutNullStreams): {
  next(prefix: string): Promise<string>;
} {
  const seen: string[] = [];
  let waiting: { prefix: string; resolve(line: string): void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const waiter = waiting.find((candidate) => line.startsWith(candidate.prefix));
    if (waiter === undefined) seen.push(line);
    else {
      waiting = waiting.filter((candidate) => candidate !== waiter);
      waiter.resolve(line);
    }
  });
  return {
    next(prefix) {
      const index = seen.findIndex((line) => line.startsWith(prefix));
      const [line] = index === -1 ? [] : seen.splice(index, 1);
      if (line !== undefined) return Promise.resolve(line);
      return new Promise((resolve) => waiting.push({ prefix, resolve }));
    },
  };
}
