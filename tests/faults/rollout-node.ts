import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const CHILD = join(import.meta.dirname, "rollout-child.ts");

export interface Said {
  readonly kind: "ready" | "served";
  /** Of 1,000 units, those that get the new variant. */
  readonly on?: number;
  readonly atMs?: number;
}

/** A node in a process of its own. */
export interface RolloutNode {
  readonly said: readonly Said[];
  /** Resolves with the first line that is as wanted. */
  until(wanted: (said: Said) => boolean): Promise<Said>;
  readonly exited: Promise<void>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
}

export function startRolloutNode(
  url: string,
  node: string,
  flagKey: string,
  dieAt?: string,
): RolloutNode {
  const child = spawn(process.execPath, [CHILD, url, node, flagKey], {
    env: { ...process.env, ...(dieAt === undefined ? {} : { DIE_AT: dieAt }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: Said[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const exited = once(child, "exit").then(() => undefined);
  return {
    said,
    exited,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = said.find(wanted);
          if (line !== undefined) resolve(line);
        };
        waiting.add(look);
        void exited.then(() => reject(new Error(`${node} ended and never said it`)));
        look();
      }),
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
