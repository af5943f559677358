import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Server as SecureServer } from "node:tls";

import { makeFirstRunLink, registerRoutes as registerAccess } from "@paceline/access/server";
import { AUDIT_CHANNEL, registerRoutes as registerAudit } from "@paceline/audit/server";
import type { Clock } from "@paceline/command";
import { isNodeGone } from "@paceline/db";
import { keepEventsInOrder, registerRoutes as registerEvents } from "@paceline/events/server";
import { listRunning, registerRoutes as registerExperiments } from "@paceline/experiments/server";
import {
  announceChanges,
  announceClients,
  registerRoutes as registerFlags,
} from "@paceline/flags/server";
import { createApp, expireIdempotencyKeys, freeAbandonedClaims } from "@paceline/http";
import type { App, AppHandles, MetricsAccess, RegisteredRoute } from "@paceline/http";
import { registerRoutes as registerInitiatives } from "@paceline/initiatives/server";
import { registerGuardRoutes, registerRoutes as registerRollouts } from "@paceline/rollouts/server";
import { registerRoutes as registerSample } from "@paceline/sample/server";
import type { SampleProcess } from "@paceline/sample/server";
import { localTelemetry } from "@paceline/telemetry";
import type { Telemetry } from "@paceline/telemetry";
import { sql } from "kysely";
import type { Logger } from "pino";
import { Registry } from "prom-client";

import type { Config } from "./config.ts";
import { eventRouteDeps, eventUpkeep } from "./event-routes.ts";
import { flagServing, openFlagdPorts } from "./flag-serving.ts";
import type { FlagServing } from "./flag-serving.ts";
import { openLastKnown } from "./last-known.ts";
import { adoptDeadLogs, tellNodes } from "./nodes.ts";
import { openOtlpPort } from "./otlp-port.ts";
import { closeParts, openParts } from "./parts.ts";
import type { Parts } from "./parts.ts";
import { every } from "./periodic.ts";
import type { Periodic } from "./periodic.ts";
import { registerPlansAndBadEvents } from "./plans-and-bad-events.ts";
import { wireSample } from "./sample.ts";
import { openOrServe, serveLastKnown } from "./serve-last-known.ts";
import { serveWeb } from "./static.ts";
import { openControlStore } from "./stores.ts";
import { openCertificate } from "./tls.ts";
import type { Certificate } from "./tls.ts";
import { wire } from "./wiring.ts";
import type { Wiring } from "./wiring.ts";

const LOOKS_EVERY_MS = 5_000;
const MONITOR_EVERY_MS = 2_000;
const GUARDS_EVERY_MS = 2_000;
const HOLDOUTS_EVERY_MS = 30_000;
const KEY_USE_EVERY_MS = 60_000;
const CLEAN_EVERY_MS = 600_000;
const ROLLOUTS_UPKEEP_EVERY_MS = 3_600_000;
const BEAT_EVERY_MS = 5_000;
const ADOPT_EVERY_MS = 5_000;
const EVENT_UPKEEP_EVERY_MS = 60_000;
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
  /** The certificate in use; null without TLS. */
  readonly certificate: Certificate | null;
  /** The gRPC ports of flagd's protocols; null for one that is switched off or taken. */
  readonly flagdPorts: { readonly evaluation: number | null; readonly sync: number | null };
  readonly app: App;
  readonly routes: readonly RegisteredRoute[];
  /** Stops taking requests, finishes those under way, and closes every store. */
  close(): Promise<void>;
}

function registerFlagsAndEvents(
  app: App,
  parts: Parts,
  wiring: Wiring,
  serving: FlagServing,
  config: Config,
): void {
  const { store } = parts;
  const exists = async (workspaceId: string, key: string): Promise<boolean> => {
    const row = await store.db
      .selectFrom("environments")
      .select("id")
      .where("workspace_id", "=", workspaceId)
      .where("key", "=", key)
      .executeTakeFirst();
    return row !== undefined;
  };
  const { eventStreams } = registerFlags(app, {
    ...serving,
    db: store.db,
    door: wiring.door,
    environmentExists: exists,
    runningExperiments: async (workspaceId) => {
      const running = await listRunning(store.db);
      const own = running.filter((one) => one.workspaceId === workspaceId);
      return new Set(own.map(({ id }) => id));
    },
  });
  serving.countStreams("ofrep-sse", eventStreams);
  registerEvents(app, eventRouteDeps(parts, config));
}

function registerAll(
  app: App,
  parts: Parts,
  wiring: Wiring,
  serving: FlagServing,
  config: Config,
): void {
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
  registerFlagsAndEvents(app, parts, wiring, serving, config);
  registerInitiatives(app, wiring.initiatives);
  registerExperiments(app, { ...wiring.experiments, onLook: wiring.onLook });
  registerRollouts(app, wiring.rollouts, wiring.monitor);
  registerGuardRoutes(app, wiring.guards.routes);
  wiring.plans.registerRoutes(app);
}

function startTasks(parts: Parts, wiring: Wiring, config: Config): readonly Periodic[] {
  const { logger, authentication, store, clock, telemetry, events } = parts;
  const { tracing } = telemetry;
  const monitor = every(MONITOR_EVERY_MS, "monitor", logger, wiring.watch, tracing);
  // What was seen only every so often would wait for its turn once more after it can be seen.
  events.onLoaded(() => monitor.soon());
  const guards = every(
    GUARDS_EVERY_MS,
    "guards",
    logger,
    () => wiring.guards.watch.pass(),
    tracing,
  );
  wiring.guards.onWanted(() => guards.soon());
  return [
    every(LOOKS_EVERY_MS, "looks", logger, wiring.takeLooks, tracing),
    monitor,
    guards,
    every(HOLDOUTS_EVERY_MS, "holdouts", logger, wiring.keepHoldouts, tracing),
    every(KEY_USE_EVERY_MS, "key use", logger, authentication.flushKeyUse),
    every(CLEAN_EVERY_MS, "idempotency keys", logger, () =>
      expireIdempotencyKeys(store.db, clock.now()),
    ),
    every(ROLLOUTS_UPKEEP_EVERY_MS, "old rollouts", logger, () =>
      wiring.plans.keepInOrder({
        runDays: config.keepRolloutDays,
        readingDays: config.keepReadingDays,
      }),
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

async function createServerApp(
  config: Config,
  parts: Parts,
  certificate: Certificate | null,
): Promise<AppHandles> {
  const { store, clock, authentication, logger, telemetry, events } = parts;
  const { registry, tracing } = telemetry;
  return createApp({
    db: store.db,
    clock,
    authenticate: authentication.authenticate,
    logger,
    node: config.nodeId,
    isNodeGone: (node) => isNodeGone(store.db, node),
    ...(certificate === null ? {} : { tls: certificate.current() }),
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
 * @param stopped  ends the waiting for a database that is away
 * @throws when a store cannot be opened or the port is taken; what was opened is closed again
 */
export async function startServer(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  telemetry: Telemetry = localTelemetry(new Registry()),
  stopped: Promise<unknown> = new Promise(() => undefined),
): Promise<RunningServer> {
  // First: a certificate that cannot be used is a fault of the settings.
  const certificate = config.tls === null ? null : await openCertificate(config.tls, logger);
  const lastKnown = await openLastKnown(config, logger);
  const store = await openOrServe(
    () => openControlStore(config, logger),
    // An embedded PostgreSQL is started here: there is none to wait for.
    () =>
      config.databaseUrl === null || lastKnown.sets.length === 0
        ? null
        : serveLastKnown(config, lastKnown, certificate, clock, logger),
    stopped,
    logger,
  );
  let parts: Parts | null = null;
  try {
    parts = await openParts(store, config, clock, logger, telemetry, lastKnown);
    const opened = parts;
    const { app, hub, routes } = await createServerApp(config, opened, certificate);
    const { server } = app;
    certificate?.onChange((pair) => {
      if (server instanceof SecureServer) server.setSecureContext(pair);
    });
    const wiring = wire(opened, hub);
    announceChanges(opened.flagSets, hub);
    announceClients(opened.subscribers, hub);
    await store.notifications.on(AUDIT_CHANNEL, (workspaceId) => {
      if (workspaceId !== null) hub.publish(workspaceId, "audit", {});
    });
    const serving = flagServing(opened);
    registerAll(app, opened, wiring, serving, config);
    const worker = registerPlansAndBadEvents(app, opened, hub, config);
    const sample = wireSample(opened, wiring, hub, config);
    registerSample(app, sample);
    await serveWeb(app, WEB_DIST);
    // This process has the node's place: no other one answers requests as this node.
    await freeAbandonedClaims(store.db, config.nodeId);
    await app.listen({ port: config.port, host: config.host });
    const otlp = await openOtlpPort(app, config, logger, certificate);
    const flagd = await openFlagdPorts(opened, serving, config, certificate);
    // Begins only: requests are answered while it fills.
    await sample.start();
    await worker.resume();
    const durable = await wiring.plans.work(config, (...told) => hub.publish(...told));
    const tasks = startTasks(opened, wiring, config);
    const url =
      config.publicUrl ??
      `${certificate === null ? "http" : "https"}://${config.host}:${portOf(app)}`;
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
      certificate,
      flagdPorts: { evaluation: flagd.evaluation, sync: flagd.sync },
      async close() {
        await flagd.close();
        await otlp.close();
        await app.close();
        await sample.close();
        await worker.close();
        await durable.close();
        await Promise.all(tasks.map((task) => task.close()));
        await closeParts(opened);
        certificate?.close();
      },
    };
  } catch (error) {
    if (parts === null) await store.close();
    else await closeParts(parts);
    certificate?.close();
    throw error;
  }
}

function portOf(app: App): number {
  const address: AddressInfo | string | null = app.server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
