import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { execPath, env as ownEnv } from "node:process";
import { createInterface } from "node:readline";

const CHILD = join(import.meta.dirname, "node-child.ts");

export interface Said {
  readonly kind: string;
  readonly runId?: string | null;
  readonly detail?: string;
}

/** A node of the engine in a process of its own. */
export interface NodeProcess {
  readonly said: readonly Said[];
  /** Resolves when it takes jobs; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, however. */
  readonly exited: Promise<void>;
  /** Resolves with the first line that `found` accepts, said before or later. */
  until(found: (said: Said) => boolean): Promise<Said>;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
}

export function startNode(
  url: string,
  node: string,
  env: Readonly<Record<string, string>> = {},
): NodeProcess {
  const child = spawn(execPath, [CHILD, url, node], {
    env: { ...ownEnv, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: Said[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const exited = once(child, "exit").then(() => undefined);
  const until = (found: (line: Said) => boolean): Promise<Said> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = said.find(found);
        if (line === undefined) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      void exited.then(() => reject(new Error(`${node} ended and never said it`)));
      look();
    });
  const ready = until(({ kind }) => kind === "ready").then(() => undefined);
  ready.catch(() => undefined);
  return {
    said,
    ready,
    exited,
    until,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
