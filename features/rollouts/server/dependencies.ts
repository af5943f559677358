import type { CommandContext } from "@paceline/command";
import type { ExperimentDependencies } from "@paceline/experiments/server";
import type { Result } from "@paceline/result";

import type { RollbackTarget } from "../domain/index.ts";

/** Why a flag cannot be taken back. */
export type FlagRefusal =
  | { readonly kind: "flag-not-found" }
  | { readonly kind: "revision-not-found" };

/** A flag's revision before and after it was taken back. */
export interface FlagReverted {
  readonly flagId: string;
  readonly fromRevision: number | null;
  readonly toRevision: number;
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

/** What this feature needs from others; wired in apps/server. */
export interface RolloutDependencies {
  readonly flags: FlagPort;
  readonly experiments: ExperimentDependencies;
  /** A monotonic clock in milliseconds, for time to effect. */
  readonly monotonicMs: () => number;
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}
