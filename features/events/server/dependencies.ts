import type { FlatEvent } from "../domain/index.ts";
import type { EventStore } from "./event-store.ts";
import type { EventObserver } from "./observer.ts";

/** Who owns a key that may write events. */
export interface IntakeCaller {
  /** Names the source of the events; the same for the life of the key. */
  readonly sourceId: string;
  readonly workspaceId: string;
  /** The environment that the key is bound to; null for keys of the whole workspace. */
  readonly environment: string | null;
}

/** The time of an environment: simulated in a replay, the server's own otherwise. */
export interface EnvironmentTime {
  readonly replay: boolean;
  readonly now: Date;
}

/** What the telemetry plans say about one event. */
export type PlanVerdict =
  | { readonly outcome: "passed"; readonly plan: string }
  /** The workspace wants to see events that no plan describes. They are accepted. */
  | { readonly outcome: "unplanned" }
  | {
      readonly outcome: "violated";
      /** `name/MODEL-REVISION-ADDITION`. */
      readonly plan: string;
      /** JSON pointer into the event as sent. */
      readonly path: string;
      readonly reason: string;
      /** Whether the plan is enforced: the event becomes a bad event. Otherwise it is accepted. */
      readonly quarantine: boolean;
    };

/** The published telemetry plans, compiled in memory. */
export interface PlanChecker {
  /**
   * An event as the workspace's active mappings change it, before it is checked and stored. The
   * same objects where none applies.
   */
  map(event: FlatEvent, body: unknown): { readonly event: FlatEvent; readonly body: unknown };
  /**
   * Checks one event at the door.
   *
   * @param body the event as sent, after `map`
   * @returns null where no plan applies and the workspace does not ask for one
   */
  check(event: FlatEvent, body: unknown): PlanVerdict | null;
  /** Counts a verdict; to be called once for each new event, when it is durable. */
  count(event: FlatEvent, verdict: PlanVerdict): void;
}

/** A workspace without plans: nothing is changed, everything is accepted. */
export const NO_PLANS: PlanChecker = {
  map: (event, body) => ({ event, body }),
  check: () => null,
  count: () => undefined,
};

export interface EventRouteDeps {
  readonly store: EventStore;
  /** Finds the owner of a key with the scope `intake`; null for every other text. */
  readonly findCaller: (key: string) => Promise<IntakeCaller | null>;
  /** Null if the workspace has no such environment. */
  readonly findEnvironmentTime: (
    workspaceId: string,
    environment: string,
  ) => Promise<EnvironmentTime | null>;
  /** Told what became of each request's events; nobody by default. */
  readonly observer?: EventObserver;
  /** Makes ids for messages that come without one. */
  readonly newId: () => string;
  /** `NO_PLANS` if absent. */
  readonly plans?: PlanChecker;
}
