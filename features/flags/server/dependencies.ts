import type { Db } from "@paceline/db";
import type { Identity } from "@paceline/http";

import type { RecordedContexts } from "./contexts/recorded-contexts.ts";
import type { FlagSets } from "./flag-sets.ts";
import type { PublicationDoor } from "./publication-door.ts";
import type { FlagUsage } from "./stale/usage.ts";
import type { Assignments } from "./sticky/assignments.ts";
import type { Subscribers } from "./subscribers.ts";

/** That a unit was given a variant; what the events feature stores. */
export interface FlagExposure {
  readonly workspaceId: string;
  readonly environment: string;
  readonly flagKey: string;
  /** The environment's revision in which the flag was published. */
  readonly revision: number;
  readonly ruleId: string;
  readonly variant: string;
  readonly unit: string;
  readonly experimentId?: string;
  /** On the environment's clock. */
  readonly at: Date;
}

/** The headers of a request that may hold a key. */
export interface KeyHeaders {
  readonly authorization?: string | undefined;
  readonly "x-api-key"?: string | readonly string[] | undefined;
}

/** What flags ask of the keys of their callers. */
export interface FlagCredentials {
  /** The identity behind the key in some headers, if it is known without waiting; else null. */
  readonly knownIdentity: (headers: KeyHeaders, connection: object) => Identity | null;
  /** As `knownIdentity`, for a key that has to be read first. @throws while keys cannot be read */
  readonly identityOfHeaders: (headers: KeyHeaders) => Promise<Identity | null>;
  /** A text for the address of a stream, which cannot send headers; null for who has no key. */
  readonly ticketOf: (identity: Identity) => string | null;
  /** The identity behind such a text; null once its key is revoked. */
  readonly identityOfTicket: (ticket: string) => Promise<Identity | null>;
}

/** What answering evaluations needs, whatever the protocol: no database. */
export type ServingDependencies = Pick<
  FlagRouteDependencies,
  | "flagSets"
  | "recordExposure"
  | "environmentNow"
  | "maxEvaluationsPerSecond"
  | "monotonicMs"
  | "credentials"
  | "staticContext"
  | "onError"
  | "onEvaluated"
  | "onAllEvaluated"
> & {
  readonly subscribers: Pick<Subscribers, "join" | "acknowledge" | "published">;
  readonly assignments: Pick<Assignments, "contextFor">;
  readonly contexts: Pick<RecordedContexts, "offer">;
  readonly usage: Pick<FlagUsage, "evaluated" | "evaluatedAll">;
};

/** What the routes of this feature need. */
export interface FlagRouteDependencies {
  readonly db: Db;
  readonly flagSets: FlagSets;
  /** Every stream joins it. */
  readonly subscribers: Subscribers;
  /** What stands between a command and what is in force. */
  readonly door: PublicationDoor;
  /** What units keep that sticky rules assigned. */
  readonly assignments: Assignments;
  /** The sample of real contexts. */
  readonly contexts: RecordedContexts;
  /** Ids of the experiments that take units now. */
  readonly runningExperiments: (workspaceId: string) => Promise<ReadonlySet<string>>;
  /** Notes when flags are asked for. */
  readonly usage: FlagUsage;
  /** Resolves when the exposure is durable. */
  readonly recordExposure: (exposure: FlagExposure) => Promise<void>;
  /** The time in an environment; must not ask the database for every call. */
  readonly environmentNow: (workspaceId: string, environment: string) => Date | Promise<Date>;
  /** Whether the workspace has an environment of that key. */
  readonly environmentExists: (workspaceId: string, environment: string) => Promise<boolean>;
  /** Per key and process; beyond it evaluations are answered with 429. */
  readonly maxEvaluationsPerSecond: number;
  /** A clock that never jumps, for the limit. */
  readonly monotonicMs: () => number;
  readonly credentials: FlagCredentials;
  /** Attributes that every evaluation of this process has, whoever asks; they win over the caller's. */
  readonly staticContext?: Readonly<Record<string, boolean | number | string>>;
  /** Delta streams at most in this process; beyond it they are refused with 503. */
  readonly maxStreams?: number;
  /** Between two signs of life on a delta stream; 15 s by default. */
  readonly keepAliveMs?: number;
  readonly onError: (error: unknown) => void;
  /** Told of each evaluated flag, for figures and traces: the key, the reason, never about whom. */
  readonly onEvaluated?: (flagKey: string, reason: string, variant: string | null) => void;
  /** Told of each evaluation of all flags: the reason of each, or the error code if it failed. */
  readonly onAllEvaluated?: (reasons: readonly string[]) => void;
}
