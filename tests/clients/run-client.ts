/** One client in a process of its own: `run-client.ts NAME HOST KEY EVENTS` prints a `ClientReport`. */
import { argv, exit, stdout } from "node:process";

import { CLIENTS } from "./registry.ts";

const [name = "", host = "", writeKey = "", events = ""] = argv.slice(2);
const run = await CLIENTS[name]?.();
if (run === undefined) throw new Error(`there is no client ${name}`);
const report = await run({ host, writeKey, events: Number(events) });
stdout.write(`report ${JSON.stringify(report)}\n`, () => exit(0));
