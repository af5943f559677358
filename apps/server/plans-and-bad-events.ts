import {
  createRunWorker,
  registerBadEventRoutes,
  registerMappingRoutes,
  registerPlanRoutes,
} from "@paceline/events/server";
import type { RunWorker } from "@paceline/events/server";
import type { App, SseHub } from "@paceline/http";

import type { Config } from "./config.ts";
import { eventRouteDeps } from "./event-routes.ts";
import type { Parts } from "./parts.ts";
import { serviceContext } from "./service-context.ts";

/** Telemetry plans, and what is done about events that could not be accepted. */
export function registerPlansAndBadEvents(
  app: App,
  parts: Parts,
  hub: SseHub,
  config: Config,
): RunWorker {
  const { store, clock, plans, logger } = parts;
  const events = eventRouteDeps(parts, config);
  const publish = (workspaceId: string, topic: string, data: unknown): void =>
    hub.publish(workspaceId, topic, data);
  const worker = createRunWorker({
    db: store.db,
    events,
    publish,
    serviceContext: (workspaceId) => serviceContext(store.db, clock, "replay", workspaceId),
    onError: (error) => logger.error({ err: error }, "a replay of bad events failed"),
  });
  registerPlanRoutes(app, { plans, events, publish });
  registerBadEventRoutes(app, { events, worker, publish });
  registerMappingRoutes(app, { plans });
  return worker;
}
