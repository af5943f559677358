import { recordContexts } from "@paceline/events/server";
import type { EventStore } from "@paceline/events/server";
import type { ContextStore } from "@paceline/flags/server";

/** Sampled contexts as events of a type of their own. */
export function contextStore(store: EventStore): ContextStore {
  return {
    async record(workspace, environment, contexts) {
      const recorded = contexts.map((one) => ({ ...one, workspace, environment }));
      const result = await recordContexts(store, recorded);
      if (!result.ok) throw new Error(`contexts were not recorded: ${result.error.kind}`);
    },
    async read(workspace, environment, range) {
      const { rows } = await store.run({ kind: "contexts", workspace, environment, ...range });
      return rows.map(({ rank, unit, receivedAt, context, lowestShare }) => ({
        rank,
        unit,
        at: receivedAt,
        context,
        lowestShare,
      }));
    },
  };
}
