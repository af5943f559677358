import type { EventStore } from "./event-store.ts";

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

export interface EventRouteDeps {
  readonly store: EventStore;
  /** Finds the owner of a key with the scope `intake`; null for every other text. */
  readonly findCaller: (key: string) => Promise<IntakeCaller | null>;
  /** Null if the workspace has no such environment. */
  readonly findEnvironmentTime: (
    workspaceId: string,
    environment: string,
  ) => Promise<EnvironmentTime | null>;
  /** Makes ids for messages that come without one. */
  readonly newId: () => string;
}
