import type { Clock, CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import type { Exposure } from "@paceline/events/domain";
import type { EventStore, Taken } from "@paceline/events/server";
import type { ExperimentDependencies } from "@paceline/experiments/server";
import type { PublicationDoor, Subscribers } from "@paceline/flags/server";
import type { InitiativeDependencies } from "@paceline/initiatives/server";
import type { Result } from "@paceline/result";
import type {
  FlagPort,
  PlanDependencies,
  PlanRuns,
  RolloutDependencies,
} from "@paceline/rollouts/server";

import type { SampleContext, SampleDelivery } from "../domain/index.ts";

/** What serving a flag to a unit came to. */
export interface ServedVariant {
  readonly variant: string;
  readonly revision: number;
  readonly experimentId: string | null;
}

/** What the sample needs of the features that it is made of; wired in apps/server. */
export interface SampleDependencies {
  readonly db: Db;
  readonly clock: Clock;
  /** A context of the service `sample`. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  readonly initiatives: InitiativeDependencies;
  readonly experiments: ExperimentDependencies;
  readonly flags: FlagPort;
  readonly rollouts: RolloutDependencies;
  readonly plans: PlanDependencies;
  readonly runs: PlanRuns;
  readonly door: PublicationDoor;
  readonly events: Pick<EventStore, "append" | "flush" | "forget">;
  /** Takes what a client sends as the intake does: telemetry plans, bad events, the store. */
  readonly take: (
    workspaceId: string,
    environment: string,
    delivery: SampleDelivery,
  ) => Promise<Result<Taken, object>>;
  /** Resolves when the published telemetry plans are in force. */
  readonly refreshPlans: (workspaceId: string) => Promise<void>;
  /** Resolves when what was counted of the plans is in the database. */
  readonly flushPlans: () => Promise<void>;
  /** Serves what is in force; null where no exposure is recorded. */
  readonly serve: (
    workspaceId: string,
    environment: string,
    flagKey: string,
    context: SampleContext,
    at: number,
  ) => ServedVariant | null;
  /** As `serve`, for a flag that is rolled out: also those whom the rollout holds back. */
  readonly serveLive: (
    workspaceId: string,
    environment: string,
    flagKey: string,
    context: SampleContext,
    at: number,
  ) => readonly ServedVariant[];
  readonly recordExposures: (exposures: readonly Exposure[]) => Promise<Result<unknown, object>>;
  /** Where simulated programs follow the flags of an environment. */
  readonly listeners: {
    readonly join: Subscribers["join"];
    /** Told of each revision that is in force; returns the way to stop it. */
    readonly onPublished: (
      workspaceId: string,
      environment: string,
      listener: (revision: number) => void,
    ) => () => void;
    /** The revision in force; 0 before the first. */
    readonly revision: (workspaceId: string, environment: string) => number;
  };
  /** Resolves when what was seen while serving is kept: contexts, and when flags were asked for. */
  readonly flushSeen: () => Promise<void>;
  /** Resolves when what was published last is served. */
  readonly refreshFlags: (workspaceId: string, environment: string) => Promise<void>;
  /** After the replay's clock was made or moved: reads it and takes the looks that are due. */
  readonly clockMoved: () => Promise<void>;
  /** Reads every running experiment once and rolls back what must be. */
  readonly watch: () => Promise<void>;
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
  /** Told of an attempt that failed; the server goes on without the sample. */
  readonly onError: (error: unknown) => void;
}

/** Replays the past, where the experiments are. */
export const SAMPLE_ENVIRONMENT = "sample";
/** Stands on the clock of this machine, where something is rolled out. */
export const SAMPLE_LIVE_ENVIRONMENT = "sample-live";
export const SAMPLE_ENVIRONMENTS = [SAMPLE_ENVIRONMENT, SAMPLE_LIVE_ENVIRONMENT] as const;
export const SAMPLE_ACTOR = "sample";
