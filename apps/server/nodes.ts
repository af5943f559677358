import { createHash } from "node:crypto";

import type { LogSigners } from "@paceline/audit/server";
import { beat, listNodes, takeNodePlace } from "@paceline/db";
import type { NodePlace } from "@paceline/db";
import type { EventStore } from "@paceline/events/server";
import { freeAbandonedClaims } from "@paceline/http";
import type { Logger } from "pino";

import type { Config } from "./config.ts";
import type { ControlStore } from "./stores.ts";

interface Members {
  readonly store: ControlStore;
  readonly events: EventStore;
}

/** Any name: what it signs says which key it is. */
const KEY_PROBE = "installation";

/** Takes this process's place among those that share the database. */
export async function joinNodes(
  store: ControlStore,
  config: Config,
  signers: LogSigners,
  logger: Logger,
): Promise<NodePlace> {
  const signed = signers(KEY_PROBE).signs(Buffer.from(KEY_PROBE));
  const node = {
    id: config.nodeId,
    eventStore: config.clickhouseUrl === null ? ("embedded" as const) : ("clickhouse" as const),
    auditKey: createHash("sha256").update(signed).digest("hex").slice(0, 16),
    dataDir: config.dataDir,
    url: config.publicUrl,
  };
  return takeNodePlace(store.url, node, (error) =>
    logger.warn({ reason: error.message }, "this node's place among the nodes is lost"),
  );
}

/** Tells the other nodes how this one is. */
export async function tellNodes({ store, events }: Members, nodeId: string): Promise<void> {
  const { waitingLogs, writeFailure, loadFailure } = events.backlog();
  await beat(store.db, nodeId, { waitingLogs, failure: writeFailure ?? loadFailure });
}

/** Loads the logs of nodes that are dead; those of live ones are locked and left alone. */
export async function adoptDeadLogs(
  { store, events }: Members,
  config: Config,
  logger: Logger,
): Promise<void> {
  for (const dataDir of config.adoptLogs) {
    const nodes = await listNodes(store.db);
    const alive = nodes.filter((node) => node.alive).map(({ id }) => id);
    const adoption = await events.adopt(dataDir, alive);
    if (adoption === null || adoption.logFiles === 0) continue;
    for (const node of adoption.nodes) await freeAbandonedClaims(store.db, node);
    logger.warn({ ...adoption }, "the log of a dead node was loaded");
  }
}
