import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { mergeExperiment, mergeSeries } from "@paceline/events/domain";
import type { EventStore, QueryAnswer } from "@paceline/events/server";
import type { SseHub } from "@paceline/http";
import { createGuardWatch } from "@paceline/rollouts/server";
import type {
  GuardedRuns,
  GuardEventStore,
  GuardRouteDependencies,
  GuardWatch,
} from "@paceline/rollouts/server";

import type { Parts } from "./parts.ts";
import { missingWords } from "./ports.ts";
import { serviceContext } from "./service-context.ts";

/** What guards ask of the event store. */
export function guardEventStore(events: EventStore): GuardEventStore {
  const rest = ({ sql, incomplete }: Pick<QueryAnswer<"series">, "sql" | "incomplete">) => ({
    sql,
    missing: missingWords(incomplete),
  });
  return {
    async comparison(query) {
      const answer = await events.run(query);
      return { ...mergeExperiment(query, answer.rows), ...rest(answer) };
    },
    async series(query) {
      const answer = await events.run(query);
      return { lines: mergeSeries(query, answer.rows), ...rest(answer) };
    },
    lateness() {
      const { waitingSeconds, writeFailure, loadFailure } = events.backlog();
      return { seconds: waitingSeconds, failure: writeFailure ?? loadFailure };
    },
  };
}

/** The guards of rollouts, tied to what they read and to the runs that they watch. */
export interface Guards {
  readonly watch: GuardWatch;
  readonly routes: GuardRouteDependencies;
  /** Tells when guards should be read at once: events can be seen, or an alert came. */
  onWanted(listener: () => void): void;
}

export function wireGuards(parts: Parts, hub: SseHub, runs: GuardedRuns): Guards {
  const { store, clock, clocks, events, logger } = parts;
  const { db }: { readonly db: Db } = store;
  const environmentNow = async (workspaceId: string, environment: string): Promise<Date> =>
    clocks.now(workspaceId, environment);
  const contextOf = (name: string, workspaceId: string): CommandContext =>
    serviceContext(db, clock, name, workspaceId);
  const port = guardEventStore(events);
  const watch = createGuardWatch({
    db,
    events: port,
    runs,
    environmentNow,
    serviceContext: (workspaceId) => contextOf("guards", workspaceId),
    publish: (workspaceId, topic, data) => hub.publish(workspaceId, topic, data),
    onError: (error, runId) => logger.error({ err: error, runId }, "a guard could not be read"),
  });
  const listeners: (() => void)[] = [];
  const wanted = (): void => {
    for (const listener of listeners) listener();
  };
  events.onLoaded(wanted);
  return {
    watch,
    routes: {
      db,
      events: port,
      watch,
      environmentNow,
      serviceContext: contextOf,
      onAlerts: wanted,
    },
    onWanted: (listener) => void listeners.push(listener),
  };
}
