import "@paceline/server/garbage-collection";
import "@paceline/server/thread-pool";
import { randomUUID } from "node:crypto";
import { argv } from "node:process";

import { DuckDBInstance } from "@duckdb/node-api";
import { openEventStore } from "@paceline/events/server";

/**
 * Appends one event while `queries` endless DuckDB queries run in this process, and says
 * `acknowledged <milliseconds>` and how many of them have ended by then.
 */
const [, , dataDir = "", queries = "6"] = argv;
const store = await openEventStore({ dataDir });
const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
let ended = 0;
for (let query = 0; query < Number(queries); query += 1) {
  const connection = await instance.connect();
  void connection
    .run("SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b")
    .finally(() => (ended += 1));
}
const startedAt = performance.now();
const now = Date.now();
const appended = await store.append([
  {
    workspace: "w",
    environment: "production",
    source: "s",
    messageId: randomUUID(),
    type: "track",
    event: "Order",
    unit: "u",
    userId: "u",
    anonymousId: null,
    at: now,
    timestamp: null,
    sentAt: null,
    receivedAt: now,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: "{}",
    context: "{}",
  },
]);
const tookMs = Math.round(performance.now() - startedAt);
process.stdout.write(
  `${JSON.stringify({ acknowledged: appended.ok, tookMs, ended, pool: process.env["UV_THREADPOOL_SIZE"] })}\n`,
);
// The queries would run for days.
process.kill(process.pid, "SIGKILL");
