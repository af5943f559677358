import type { CommandContext } from "@paceline/command";
import type { Condition } from "@paceline/flags/domain";
import type { Result } from "@paceline/result";

import type { TakeBackDependencies } from "../dependencies.ts";

/** The rule that a plan moves, as it is in force. */
export interface RuleInForce {
  readonly flagId: string;
  /** The environment's revision in which the flag was published last. */
  readonly revision: number;
  readonly isEnabled: boolean;
  readonly exposureShare: number;
  readonly recordsExposure: boolean;
  readonly experimentId: string | null;
}

export interface PlanPlace {
  readonly flagKey: string;
  readonly environment: string;
  readonly ruleId: string;
}

/** The shares through which a flag can go down again, that in force first and each smaller than the last. */
export interface FlagStepsBack {
  readonly flagId: string;
  readonly ruleId: string;
  readonly revision: number;
  readonly experimentId: string | null;
  readonly shares: readonly number[];
}

type Refused = { readonly kind: "refused"; readonly reason: string };

/** What plans need of flags; every call joins the transaction of `ctx.db`. */
export interface StagePort {
  /** Null if the flag is not in force there, `"no-rule"` if it has no such rule. */
  find(ctx: CommandContext, place: PlanPlace): Promise<RuleInForce | "no-rule" | null>;
  /** What a rule was open for in a revision, 0 to 1: 0 where the flag was off or had no such rule. */
  shareAt(ctx: CommandContext, place: PlanPlace & { readonly revision: number }): Promise<number>;
  /** Publishes a stage through the one door. @returns the new revision */
  publish(
    ctx: CommandContext,
    stage: PlanPlace & {
      readonly exposureShare: number;
      readonly when?: Condition;
      readonly planId: string;
    },
  ): Promise<Result<number, Refused>>;
  /** Lowers a rule's share through the door for ways back; it never raises. @returns the new revision */
  lower(
    ctx: CommandContext,
    step: PlanPlace & { readonly exposureShare: number },
  ): Promise<Result<number, Refused>>;
  /** Holds the flag, and finds the smaller shares that it had after the revision; null if it had none. */
  stepsBack(
    ctx: CommandContext,
    place: {
      readonly flagKey: string;
      readonly environment: string;
      readonly after: number | null;
    },
  ): Promise<FlagStepsBack | null>;
  /** Keeps the flag for a plan. */
  lock(
    ctx: CommandContext,
    plan: {
      readonly id: string;
      readonly name: string;
      readonly flagId: string;
      readonly environment: string;
    },
  ): Promise<Result<true, Refused>>;
  unlock(ctx: CommandContext, planId: string): Promise<void>;
  /** The flag has done its work. */
  conclude(ctx: CommandContext, flagKey: string): Promise<void>;
}

/** What rollout plans need from others; wired in apps/server. */
export interface PlanDependencies extends TakeBackDependencies {
  readonly stages: StagePort;
  readonly now: () => Date;
  /** Keys of the workspace's metrics. */
  readonly metrics: (ctx: CommandContext) => Promise<ReadonlySet<string>>;
  /** Role names that an approval may ask for. */
  readonly roles: readonly string[];
  /** Whether an environment replays the past: nobody is there to be exposed. */
  readonly isReplay: (workspaceId: string, environment: string) => boolean;
  /** Whether the workspace has the environment. */
  readonly environmentExists: (ctx: CommandContext, environment: string) => Promise<boolean>;
  /** Tells those who run this server that a flag cannot be taken back. */
  readonly page: (rolloutId: string, detail: string) => void;
  /** Gives an initiative in flight the verdict of its rollout. */
  readonly concludeInitiative: (
    ctx: CommandContext,
    ended: {
      readonly initiativeId: string;
      readonly planId: string;
      readonly verdict: "ship" | "rollback";
    },
  ) => Promise<void>;
}
