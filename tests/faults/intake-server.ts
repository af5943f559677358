import "@paceline/server/garbage-collection";
import "@paceline/server/thread-pool";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { parseArgs } from "node:util";

import { openDatabase } from "@paceline/db";
import { openEventStore, registerIntakeRoutes } from "@paceline/events/server";
import type { EventStore, EventStoreLimits } from "@paceline/events/server";
import { createApp } from "@paceline/http";

/** The one key that the server knows. */
export const WRITE_KEY = "drill-write-key";
export const SCOPE = { workspace: "drill-workspace", environment: "production" } as const;

export interface IntakeServer {
  readonly url: string;
  readonly store: EventStore;
  close(): Promise<void>;
}

/**
 * The real HTTP platform with the real intake, and nothing else. Its database is never connected
 * to: nothing in the intake needs one.
 */
export async function startIntakeServer(
  dataDir: string,
  limits: Partial<EventStoreLimits> = {},
): Promise<IntakeServer> {
  const store = await openEventStore({ dataDir, limits });
  const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
  const { app } = await createApp({
    db,
    clock: { now: () => new Date() },
    authenticate: async () => null,
  });
  registerIntakeRoutes(app, {
    store,
    findCaller: async (key) =>
      key === WRITE_KEY
        ? { sourceId: "drill-source", workspaceId: SCOPE.workspace, environment: SCOPE.environment }
        : null,
    findEnvironmentTime: async () => ({ replay: false, now: new Date() }),
    newId: randomUUID,
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    store,
    async close() {
      await app.close();
      await store.close();
      await db.destroy();
    },
  };
}

/**
 * As a process of its own, for tests that kill it and benches that weigh it: says `opening`, then
 * `ready <url>`; answers `cpu` on the standard input with the CPU it has used, in microseconds, and
 * `flush` when everything acknowledged is queryable, and `compact` when compaction has nothing to do.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      "roll-ms": { type: "string" },
      "roll-bytes": { type: "string" },
      remembered: { type: "string" },
    },
  });
  if (values.data === undefined) throw new Error("--data is needed");
  process.stdout.write("opening\n");
  const rollMs = values["roll-ms"];
  const rollBytes = values["roll-bytes"];
  const { remembered } = values;
  const server = await startIntakeServer(values.data, {
    ...(rollMs === undefined ? {} : { rollMs: Number(rollMs) }),
    ...(rollBytes === undefined ? {} : { rollBytes: Number(rollBytes) }),
    ...(remembered === undefined ? {} : { rememberedMessages: Number(remembered) }),
  });
  process.stdout.write(`ready ${server.url}\n`);
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (text: string) => void obey(server, text.trim()));
  await once(process.stdin, "end");
  await server.close();
}

async function obey(server: IntakeServer, command: string): Promise<void> {
  if (command === "flush") {
    await server.store.flush();
    process.stdout.write("flushed\n");
  }
  if (command === "compact") {
    await server.store.compact();
    process.stdout.write("compacted\n");
  }
  if (command === "cpu") {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`cpu ${user + system}\n`);
  }
}

if (import.meta.main) await main();
