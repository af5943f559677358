import { readBody } from "@paceline/events/domain";
import { recordExposures, takeEvents } from "@paceline/events/server";
import { serveFlag } from "@paceline/flags/domain";
import type { SseHub } from "@paceline/http";
import { createSample } from "@paceline/sample/server";
import type { SampleProcess } from "@paceline/sample/server";

import type { Config } from "./config.ts";
import { eventRouteDeps } from "./event-routes.ts";
import type { Parts } from "./parts.ts";
import { newId, serviceContext } from "./service-context.ts";
import type { Wiring } from "./wiring.ts";

/** Gives the sample what it needs of the features. */
export function wireSample(
  parts: Parts,
  wiring: Wiring,
  hub: SseHub,
  config: Config,
): SampleProcess {
  const { store, clock, clocks, contexts, events, flagSets, plans, subscribers, usage, logger } =
    parts;
  const intake = eventRouteDeps(parts, config);
  return createSample(
    {
      db: store.db,
      clock,
      serviceContext: (workspaceId) => serviceContext(store.db, clock, "sample", workspaceId),
      initiatives: wiring.initiatives,
      experiments: wiring.experiments,
      flags: wiring.rollouts.flags,
      rollouts: wiring.rollouts,
      plans: wiring.plans.dependencies,
      runs: wiring.plans.runs,
      door: wiring.door,
      events,
      async take(workspace, environment, { source, at, body }) {
        const ids = { newMessageId: () => newId(clock) };
        const receipt = { workspace, environment, source, receivedAt: at, replay: true, ...ids };
        const read = readBody(body, "batch", receipt);
        return read.ok ? takeEvents(intake, receipt, read.value) : read;
      },
      refreshPlans: (workspaceId) => plans.refresh(workspaceId),
      flushPlans: () => plans.flush(),
      serve(workspaceId, environment, flagKey, context, at) {
        const set = flagSets.get(workspaceId, environment);
        const when = new Date(at);
        contexts.offer(workspaceId, environment, { ...context }, when);
        usage.evaluated(workspaceId, environment, flagKey, when);
        return serveFlag(set, flagKey, { ...context }, at).exposure;
      },
      serveLive(workspaceId, environment, flagKey, context, at) {
        const set = flagSets.get(workspaceId, environment);
        const when = new Date(at);
        contexts.offer(workspaceId, environment, { ...context }, when);
        usage.evaluated(workspaceId, environment, flagKey, when);
        const { exposure, heldBack } = serveFlag(set, flagKey, { ...context }, at);
        return [exposure, heldBack].filter((one) => one !== null);
      },
      recordExposures: (exposures) => recordExposures(events, exposures),
      listeners: {
        join: (client) => subscribers.join(client),
        onPublished: (workspaceId, environment, listener) =>
          flagSets.onChange(({ set }) => {
            if (set.workspaceId === workspaceId && set.environment === environment)
              listener(set.revision);
          }),
        revision: (workspaceId, environment) => flagSets.get(workspaceId, environment).revision,
      },
      async flushSeen() {
        await contexts.flush();
        await usage.flush();
      },
      async refreshFlags(workspaceId, environment) {
        await flagSets.refresh(workspaceId, environment);
      },
      async clockMoved() {
        await clocks.reload();
        await wiring.takeLooks();
      },
      watch: wiring.watch,
      publish: (workspaceId, topic, data) => hub.publish(workspaceId, topic, data),
      onError: (error) => logger.error({ err: error }, "the sample data could not be made"),
    },
    config.sample,
  );
}
