/**
 * A node that serves flags and moves rollouts, which tests kill: `rollout-child.ts <url> <node> <flag>`.
 * Says `ready`, and whenever it changes how many of 1,000 units get the new variant. `DIE_AT=<moment>`
 * ends it there with SIGKILL.
 */
import { argv, env, kill, pid, stdout } from "node:process";

import { serveFlag } from "@paceline/flags/domain";

import { ENVIRONMENT, openWorld, WORKSPACE } from "./rollout-world.ts";

const [, , url = "", node = "", flagKey = ""] = argv;
const UNITS = 1_000;
const LOOK_MS = 20;

const say = (line: object): void => void stdout.write(`${JSON.stringify(line)}\n`);
const world = await openWorld(url, async (moment) => {
  if (moment !== env["DIE_AT"]) return;
  kill(pid, "SIGKILL");
  await new Promise(() => undefined);
});
await world.flagSets.refresh(WORKSPACE, ENVIRONMENT);

let told = -1;
/** What its clients get now, from memory, whatever the database does. */
function look(): void {
  const set = world.flagSets.get(WORKSPACE, ENVIRONMENT);
  let on = 0;
  for (let unit = 0; unit < UNITS; unit += 1) {
    const context = { targetingKey: `unit-${unit}` };
    const { evaluation } = serveFlag(set, flagKey, context, Date.now());
    if (evaluation.variant === "on") on += 1;
  }
  if (on !== told) say({ kind: "served", on, atMs: Date.now() });
  told = on;
}
setInterval(look, LOOK_MS);
look();
await world.plans.work({ nodeId: node }, () => undefined);
say({ kind: "ready" });
