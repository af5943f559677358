import { parentPort } from "node:worker_threads";

import { writeRun } from "./run-writer.ts";
import type { RunOrder } from "./run-writer.ts";

const port = parentPort;
if (port === null) throw new Error("runs of the message index are written in a worker thread only");

port.on("message", (order: RunOrder) => {
  try {
    writeRun(order);
    port.postMessage(null);
  } catch (cause) {
    port.postMessage(cause instanceof Error ? cause.message : String(cause));
  }
});
