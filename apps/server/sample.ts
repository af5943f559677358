import { serveFlag } from "@paceline/flags/domain";
import type { SseHub } from "@paceline/http";
import { createSample } from "@paceline/sample/server";
import type { SampleProcess } from "@paceline/sample/server";

import type { Parts } from "./parts.ts";
import { serviceContext } from "./service-context.ts";
import type { Wiring } from "./wiring.ts";

/** Gives the sample what it needs of the features. */
export function wireSample(
  parts: Parts,
  wiring: Wiring,
  hub: SseHub,
  wanted: boolean,
): SampleProcess {
  const { store, clock, clocks, events, flagSets, logger } = parts;
  return createSample(
    {
      db: store.db,
      clock,
      serviceContext: (workspaceId) => serviceContext(store.db, clock, "sample", workspaceId),
      initiatives: wiring.initiatives,
      experiments: wiring.experiments,
      flags: wiring.rollouts.flags,
      events,
      serve(workspaceId, environment, flagKey, unit, at) {
        const set = flagSets.get(workspaceId, environment);
        return serveFlag(set, flagKey, { targetingKey: unit }, at).exposure;
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
    wanted,
  );
}
