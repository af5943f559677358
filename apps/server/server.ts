import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { makeFirstRunLink, registerRoutes as registerAccess } from "@paceline/access/server";
import { AUDIT_CHANNEL, registerRoutes as registerAudit } from "@paceline/audit/server";
import type { Clock } from "@paceline/command";
import {
  keepEventsInOrder,
  recordExposure,
  registerRoutes as registerEvents,
} from "@paceline/events/server";
import { registerRoutes as registerExperiments } from "@paceline/experiments/server";
import { announceChanges, registerRoutes as registerFlags } from "@paceline/flags/server";
import type { FlagExposure } from "@paceline/flags/server";
import { createApp, expireIdempotencyKeys, freeAbandonedClaims, problem } from "@paceline/http";
import type { App, AppHandles, MetricsAccess, RegisteredRoute } from "@paceline/http";
import { registerRoutes as registerInitiatives } from "@paceline/initiatives/server";
import { registerRoutes as registerRollouts } from "@paceline/rollouts/server";
import { registerRoutes as registerSample } from "@paceline/sample/server";
import type { SampleProcess } from "@paceline/sample/server";
import { localTelemetry } from "@paceline/telemetry";
import type { Telemetry } from "@paceline/telemetry";
import { sql } from "kysely";
import type { Logger } from "pino";
import { Registry } from "prom-client";

import type { Config } from "./config.ts";
import { eventRouteDeps, eventUpkeep } from "./event-routes.ts";
import { flagEvaluations } from "./figures.ts";
import { adoptDeadLogs, tellNodes } from "./nodes.ts";
import { openOtlpPort } from "./otlp-port.ts";
import { closeParts, openParts } from "./parts.ts";
import type { Parts } from "./parts.ts";
import { every } from "./periodic.ts";
import type { Periodic } from "./periodic.ts";
import { registerPlansAndBadEvents } from "./plans-and-bad-events.ts";
import { wireSample } from "./sample.ts";
import { serveWeb } from "./static.ts";
import { openControlStore } from "./stores.ts";
import { wire } from "./wiring.ts";
import type { Wiring } from "./wiring.ts";

const LOOKS_EVERY_MS = 5_000;
const MONITOR_EVERY_MS = 2_000;
const KEY_USE_EVERY_MS = 60_000;
const CLEAN_EVERY_MS = 600_000;
const BEAT_EVERY_MS = 5_000;
const ADOPT_EVERY_MS = 5_000;
const EVENT_UPKEEP_EVERY_MS = 60_000;
const MAX_EVALUATIONS_PER_SECOND = 20_000;
const WEB_DIST = join(import.meta.dirname, "..", "web", "dist");

/** The time of this machine. */
export const systemClock: Clock = { now: () => new Date() };

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** The one-time link that creates the owner; null once there is one. */
  readonly firstRunUrl: string | null;
  readonly parts: Parts;
  readonly wiring: Wiring;
  readonly sample: SampleProcess;
  /** The second port, for OTLP only; null if there is none. */
  readonly otlpPort: number | null;
  readonly app: App;
  readonly routes: readonly RegisteredRoute[];
  /** Stops taking requests, finishes those under way, and closes every store. */
  close(): Promise<void>;
}

async function storeExposure({ events, tap }: Parts, exposure: FlagExposure): Promise<void> {
  const { workspaceId, environment, flagKey, revision, variant, unit, experimentId, at } = exposure;
  const result = await recordExposure(
    { store: events, tap },
    {
      workspace: workspaceId,
      environment,
      flagKey,
      experimentId: experimentId ?? null,
      revision: String(revision),
      variant,
      unit,
      at: at.getTime(),
    },
  );
  if (result.ok) return;
  const busy = result.error.kind === "backpressure";
  throw problem({
    name: busy ? "too-many-events" : "storage-down",
    title: busy ? "Too many events wait" : "The exposure cannot be stored",
    status: busy ? 429 : 503,
    detail:
      "The exposure was not recorded, so no variant is served. Repeat the evaluation in a moment.",
    headers: { "retry-after": "1" },
  });
}

function registerFlagsAndEvents(app: App, parts: Parts, wiring: Wiring, config: Config): void {
  const { store, clocks, flagSets, subscribers, contexts, logger } = parts;
  const exists = async (workspaceId: string, key: string): Promise<boolean> => {
    const row = await store.db
      .selectFrom("environments")
      .select("id")
      .where("workspace_id", "=", workspaceId)
      .where("key", "=", key)
      .executeTakeFirst();
    return row !== undefined;
  };
  registerFlags(app, {
    db: store.db,
    flagSets,
    subscribers,
    door: wiring.door,
    contexts,
    recordExposure: (exposure) => storeExposure(parts, exposure),
    environmentNow: (workspaceId, environment) => clocks.now(workspaceId, environment),
    environmentExists: exists,
    maxEvaluationsPerSecond: MAX_EVALUATIONS_PER_SECOND,
    monotonicMs: () => performance.now(),
    onError: (error) => logger.error({ err: error }, "an evaluation failed"),
    onEvaluated: flagEvaluations(parts.telemetry.registry),
  });
  registerEvents(app, eventRouteDeps(parts, config));
}

function registerAll(app: App, parts: Parts, wiring: Wiring, config: Config): void {
  const { store, clock, hashing, throttle, signers, auditFolder, clocks } = parts;
  registerAccess(app, {
    db: store.db,
    clock,
    hashing,
    throttle,
    async replayMoved() {
      await clocks.reload();
      await wiring.takeLooks();
    },
  });
  registerAudit(app, { auditFolder, signers });
  registerFlagsAndEvents(app, parts, wiring, config);
  registerInitiatives(app, wiring.initiatives);
  registerExperiments(app, { ...wiring.experiments, onLook: wiring.onLook });
  registerRollouts(app, wiring.rollouts, wiring.monitor);
}

function startTasks(parts: Parts, wiring: Wiring, config: Config): readonly Periodic[] {
  const { logger, authentication, store, clock, telemetry } = parts;
  const { tracing } = telemetry;
  return [
    every(LOOKS_EVERY_MS, "looks", logger, wiring.takeLooks, tracing),
    every(MONITOR_EVERY_MS, "monitor", logger, wiring.watch, tracing),
    every(KEY_USE_EVERY_MS, "key use", logger, authentication.flushKeyUse),
    every(CLEAN_EVERY_MS, "idempotency keys", logger, () =>
      expireIdempotencyKeys(store.db, clock.now()),
    ),
    every(BEAT_EVERY_MS, "heartbeat", logger, () => tellNodes(parts, config.nodeId)),
    every(ADOPT_EVERY_MS, "dead nodes", logger, () => adoptDeadLogs(parts, config, logger)),
    every(EVENT_UPKEEP_EVERY_MS, "erasures and retention", logger, () =>
      keepEventsInOrder(eventUpkeep(parts), clock.now()),
    ),
  ];
}

/** A proxy that is not known to name its callers would make everybody seem to ask from this machine. */
function metricsAccess({ metricsPublic, publicUrl, trustProxy }: Config): MetricsAccess {
  if (metricsPublic) return "everybody";
  return publicUrl !== null && trustProxy === null ? "keys" : "local";
}

async function createServerApp(config: Config, parts: Parts): Promise<AppHandles> {
  const { store, clock, authentication, logger, telemetry, events } = parts;
  const { registry, tracing } = telemetry;
  return createApp({
    db: store.db,
    clock,
    authenticate: authentication.authenticate,
    logger,
    node: config.nodeId,
    ...(config.trustProxy === null ? {} : { trustProxy: config.trustProxy }),
    registry,
    tracing,
    metricsAccess: metricsAccess(config),
    checks: {
      database: () => sql`select 1`.execute(store.db).then(() => true),
      events: () => events.writable(),
    },
  });
}

/**
 * Starts everything and listens.
 *
 * @throws when a store cannot be opened or the port is taken; what was opened is closed again
 */
export async function startServer(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  telemetry: Telemetry = localTelemetry(new Registry()),
): Promise<RunningServer> {
  const store = await openControlStore(config, logger);
  let parts: Parts | null = null;
  try {
    parts = await openParts(store, config, clock, logger, telemetry);
    const opened = parts;
    const { app, hub, routes } = await createServerApp(config, opened);
    const wiring = wire(opened, hub);
    announceChanges(opened.flagSets, hub);
    await store.notifications.on(AUDIT_CHANNEL, (workspaceId) => {
      if (workspaceId !== null) hub.publish(workspaceId, "audit", {});
    });
    registerAll(app, opened, wiring, config);
    const worker = registerPlansAndBadEvents(app, opened, hub, config);
    const sample = wireSample(opened, wiring, hub, config);
    registerSample(app, sample);
    await serveWeb(app, WEB_DIST);
    // This process has the node's place: no other one answers requests as this node.
    await freeAbandonedClaims(store.db, config.nodeId);
    await app.listen({ port: config.port, host: config.host });
    const otlp = await openOtlpPort(app, config, logger);
    // Begins only: requests are answered while it fills.
    await sample.start();
    await worker.resume();
    const tasks = startTasks(opened, wiring, config);
    const url = config.publicUrl ?? `http://${config.host}:${portOf(app)}`;
    const link = await makeFirstRunLink({ db: store.db, clock });
    return {
      url,
      firstRunUrl: link === null ? null : new URL(link.path, url).href,
      parts: opened,
      wiring,
      sample,
      app,
      routes,
      otlpPort: otlp.port,
      async close() {
        await otlp.close();
        await app.close();
        await sample.close();
        await worker.close();
        await Promise.all(tasks.map((task) => task.close()));
        await closeParts(opened);
      },
    };
  } catch (error) {
    if (parts === null) await store.close();
    else await closeParts(parts);
    throw error;
  }
}

function portOf(app: App): number {
  const address: AddressInfo | string | null = app.server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
