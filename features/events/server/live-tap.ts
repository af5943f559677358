import type { FlatEvent } from "../domain/index.ts";
import type { EventFault, PlanVerdict } from "./event-outcome.ts";

/** An event as it arrived, once it was durable. */
export interface LiveEvent {
  readonly event: FlatEvent;
  /** What the telemetry plans say; null where none applies. */
  readonly verdict: PlanVerdict | null;
  /** Why it was quarantined; null for a good event. */
  readonly fault: EventFault | null;
}

export type LiveListener = (live: LiveEvent) => void;

/** Shows events to those who watch an environment of this process, after they are durable. */
export interface LiveTap {
  /** Whether anybody would see events of the environment. */
  isWatched(workspace: string, environment: string): boolean;
  publish(live: LiveEvent): void;
  /** @param listener must neither throw nor block. @returns ends the subscription */
  subscribe(workspace: string, environment: string, listener: LiveListener): () => void;
}

/** A tap that keeps nothing: without listeners an event costs one look-up a request. */
export function createLiveTap(): LiveTap {
  const listeners = new Map<string, Set<LiveListener>>();
  const nameOf = (workspace: string, environment: string): string =>
    JSON.stringify([workspace, environment]);
  return {
    isWatched: (workspace, environment) =>
      listeners.size > 0 && listeners.has(nameOf(workspace, environment)),
    publish(live) {
      const { workspace, environment } = live.event;
      for (const listener of listeners.get(nameOf(workspace, environment)) ?? []) listener(live);
    },
    subscribe(workspace, environment, listener) {
      const name = nameOf(workspace, environment);
      const members = listeners.get(name) ?? new Set();
      listeners.set(name, members.add(listener));
      return () => {
        members.delete(listener);
        if (members.size === 0 && listeners.get(name) === members) listeners.delete(name);
      };
    },
  };
}
