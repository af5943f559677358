import type { FlatEvent, ServedFlagFacts } from "../domain/index.ts";
import type { ForgetPerson } from "./commands/erase-person.ts";
import type { PlanVerdict } from "./event-outcome.ts";
import type { EventStore } from "./event-store.ts";
import type { LiveTap } from "./live-tap.ts";
import type { EventObserver } from "./observer.ts";

export type { PlanVerdict } from "./event-outcome.ts";

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

/** The published telemetry plans, compiled in memory. */
export interface PlanChecker {
  /** Whether the workspace has anything to check; nothing else need be asked where it has not. */
  watches(workspace: string): boolean;
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
  watches: () => false,
  map: (event, body) => ({ event, body }),
  check: () => null,
  count: () => undefined,
};

/** Knows, in memory, whose events must not be kept. */
export interface Suppression {
  /** Asked for every event before it is stored, bad ones too. */
  suppresses(event: FlatEvent): boolean;
}

/** The answer of our own evaluation of one flag, as PostHog's clients ask for it. */
export interface EvaluatedFlag {
  readonly key: string;
  /** Null if the evaluation failed; the client then uses its default. */
  readonly variant: string | null;
  readonly value: unknown;
  readonly reason: string;
  readonly revision: number;
}

/** A key that may write events, as people see it. */
export interface SourceKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly environment: string | null;
  readonly createdAt: string;
  readonly revokedAt: string | null;
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
  /** The keys of a workspace's environments; if absent, every name is taken for one. */
  readonly listEnvironments?: (workspaceId: string) => Promise<readonly string[]>;
  /** Told what became of each request's events; nobody by default. */
  readonly observer?: EventObserver;
  /** The keys of a workspace that may write events, also the revoked ones; none if absent. */
  readonly listSourceKeys?: (workspaceId: string) => Promise<readonly SourceKey[]>;
  /** Makes ids for messages that come without one. */
  readonly newId: () => string;
  /** `NO_PLANS` if absent. */
  readonly plans?: PlanChecker;
  /** Nobody is suppressed if absent. */
  readonly suppression?: Suppression;
  /** Shows what arrives; nobody watches if absent. */
  readonly tap?: LiveTap;
  /**
   * What our flags say about an exposure that a client reported, so that it becomes the same record
   * as our own evaluation; null for flags that are not ours. Must answer from memory.
   */
  readonly findServedFlag?: (exposure: FlatEvent) => ServedFlagFacts | null;
  /**
   * Evaluates all flags of a key's environment. @returns null if the key may not evaluate
   */
  readonly evaluateFlags?: (
    key: string,
    context: Readonly<Record<string, unknown>>,
  ) => Promise<readonly EvaluatedFlag[] | null>;
  /** Deletes what other features keep of a person who is erased. */
  readonly forgetPerson?: ForgetPerson;
  /** How people and browsers reach the server, if that was configured. */
  readonly publicUrl?: string | null;
  /** Told of faults that were answered with 503. */
  readonly onError?: (error: unknown) => void;
}
