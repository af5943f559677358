/**
 * One node of the engine as a process of its own, which tests kill: `node-child.ts <url> <node>`. Says
 * `ready`, then each alarm as a line of JSON. `DIE_AT=<moment>` ends it there with SIGKILL, at the
 * `DIE_ON`th time; `POISON=<step>` ends it whenever it does that step.
 */
import { randomUUID } from "node:crypto";
import { argv, env, kill, pid, stdout } from "node:process";
import { setTimeout as pause } from "node:timers/promises";

import type { CommandContext } from "@paceline/command";
import { openDatabase } from "@paceline/db";

import { createEngine } from "./create-engine.ts";
import { launchBinding } from "./launch-process.ts";

const [, , url = "", node = ""] = argv;
const WORK_MS = Number(env["WORK_MS"] ?? 10);
let left = Number(env["DIE_ON"] ?? 1);

async function die(): Promise<never> {
  kill(pid, "SIGKILL");
  return new Promise(() => undefined);
}

const clock = { now: () => new Date() };
const db = openDatabase(url, () => undefined, 6);
const say = (line: object): void => void stdout.write(`${JSON.stringify(line)}\n`);
const engine = createEngine({
  db,
  clock,
  newId: () => randomUUID(),
  serviceContext: (workspaceId): CommandContext => ({
    db,
    actor: { kind: "service", name: node },
    workspaceId,
    now: clock.now(),
    requestId: randomUUID(),
    newId: () => randomUUID(),
  }),
  alarm: say,
  onError: (error) => say({ kind: "error", detail: String(error) }),
  async at(moment) {
    if (moment !== env["DIE_AT"]) return;
    left -= 1;
    if (left === 0) await die();
  },
});
engine.register(
  launchBinding(db, {
    async during(what) {
      if (what === env["POISON"]) await die();
      await pause(WORK_MS);
    },
    ...(env["REFUSES"] === undefined ? {} : { refuses: env["REFUSES"].split(",") }),
  }),
);
await engine.work({ url, node, lookMs: 100 });
say({ kind: "ready" });
