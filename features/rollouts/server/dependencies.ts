import type { CommandContext } from "@paceline/command";
import type { ExperimentDependencies } from "@paceline/experiments/server";
import type { Result } from "@paceline/result";

import type { DescentBegun } from "../api.ts";
import type { DescentStep, RollbackTarget } from "../domain/index.ts";

/** Why a flag cannot be taken back. */
export type FlagRefusal =
  | { readonly kind: "flag-not-found" }
  | { readonly kind: "revision-not-found" };

/** A flag's revision before and after it was taken back. */
export interface FlagReverted {
  readonly flagId: string;
  readonly fromRevision: number | null;
  readonly toRevision: number;
  /** Names of the flag's tests that fail on what is in force now: a way back is not refused for them. */
  readonly failingTests: readonly string[];
}

/** What rollbacks need from flags; joins the transaction of `ctx.db`. */
export interface FlagPort {
  revert(
    ctx: CommandContext,
    input: {
      readonly flagKey: string;
      readonly environment: string;
      readonly target: RollbackTarget;
      readonly reason: string;
    },
  ): Promise<Result<FlagReverted, FlagRefusal>>;
  /** The flag's id, or null if it is absent or never had that revision there. */
  find(
    ctx: CommandContext,
    input: {
      readonly flagKey: string;
      readonly environment: string;
      readonly revision: number | null;
    },
  ): Promise<string | null>;
  /** Resolves when this process evaluates with at least that revision; rejects after a few seconds. */
  effective(
    workspaceId: string,
    environment: string,
    flagKey: string,
    revision: number,
  ): Promise<void>;
}

/** Which connected clients have said that they evaluate with a revision; durations since its publication. */
export interface RollbackReceipts {
  /** Clients that listened and have not left without it. */
  readonly expected: number;
  readonly acknowledged: number;
  /** 0 to 1; null if nobody listened. */
  readonly share: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly lastMs: number | null;
}

/** What taking a flag back needs. */
export interface TakeBackDependencies {
  readonly flags: FlagPort;
  readonly experiments: ExperimentDependencies;
}

/** A run that is held, with the steps down that it has taken. */
export interface HeldRun {
  readonly id: string;
  readonly steps: readonly DescentStep[];
}

/** The rollout plans, as far as a rollback ends them. */
export interface RunningPlans {
  /** The run that moves a flag now, held until the transaction `ctx.db` ends; null if there is none. */
  hold(
    ctx: CommandContext,
    place: { readonly flagKey: string; readonly environment: string },
  ): Promise<HeldRun | null>;
  /**
   * Begins the rollback of a flag that goes down step by step, in a transaction of its own: through the
   * stages of the plan that moves it, or through the shares that it had. Null if nothing lies between it
   * and its target. One that has begun goes on.
   */
  descend(
    ctx: CommandContext,
    place: { readonly flagKey: string; readonly environment: string },
    wanted: { readonly reason: string; readonly stepSeconds: number },
  ): Promise<DescentBegun | null>;
  /** Ends the run: its flag has been taken back in the same transaction. */
  takenBack(
    ctx: CommandContext,
    runId: string,
    execution: { readonly id: string; readonly reason: string },
  ): Promise<void>;
}

/** No plans at all. */
export const NO_PLANS: RunningPlans = {
  hold: async () => null,
  descend: async () => null,
  takenBack: async () => undefined,
};

/** A flag that nobody reads, served to every client like any other: on it a way back is rehearsed. */
export interface ShadowPort {
  /** Puts the shadow flag in force with the change switched on, so that it can be taken back. */
  prepare(
    ctx: CommandContext,
    input: {
      readonly shadowKey: string;
      readonly environment: string;
      readonly towards: RollbackTarget["kind"];
    },
  ): Promise<Result<PreparedShadow, string>>;
  /** What this server gives units now; null where it leaves them to their code. */
  serves(
    workspaceId: string,
    environment: string,
    shadowKey: string,
    units: readonly string[],
  ): readonly (string | null)[];
}

export interface PreparedShadow {
  /** In which the change is on. */
  readonly revision: number;
  /** Where taking it back leads, as the real flag's way back does. */
  readonly target: RollbackTarget;
  /** What every unit gets once it is back. */
  readonly restored: string;
}

/** What this feature needs from others; wired in apps/server. */
export interface RolloutDependencies extends TakeBackDependencies {
  readonly shadow: ShadowPort;
  readonly plans: RunningPlans;
  /** How far a revision has come with connected clients; without it executions show none. */
  readonly receipts?: (
    workspaceId: string,
    environment: string,
    revision: number,
  ) => Promise<RollbackReceipts>;
  /** A monotonic clock in milliseconds, for time to effect. */
  readonly monotonicMs: () => number;
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}
