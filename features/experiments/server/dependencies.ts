import type { CommandContext } from "@paceline/command";

import type { EventStorePort } from "./statistics.ts";

/** One condition that must hold before exposure starts. */
export interface ReadinessItem {
  readonly key: string;
  readonly title: string;
  readonly met: boolean;
  /** Why it is met, or what to do. */
  readonly detail: string;
}

/** An experiment as its neighbors need to see it. */
export interface ExperimentRef {
  readonly workspaceId: string;
  readonly id: string;
  readonly initiativeId: string | null;
  readonly flagKey: string;
  readonly environment: string;
}

/** A run that is about to start. */
export interface BeginningExperiment extends ExperimentRef {
  readonly maxDays: number;
}

/** A run that has ended with a verdict, and the audit entry that says why. */
export interface ConcludedExperiment extends ExperimentRef {
  readonly verdict: string;
  readonly auditEntry: string;
}

/** Whether the initiative lets the run start. */
export type Begun =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** The refusal in words, with the way out. */
      readonly words: string;
      /** What the refusal leads to once the start is rolled back, such as an escalation; null for nothing. */
      readonly afterwards: (() => Promise<void>) | null;
    };

/** What this feature needs from others; wired in apps/server. */
export interface ExperimentDependencies {
  readonly events: EventStorePort;
  /** The instant on an environment's clock: the real one, or the simulated one of a replay. */
  readonly environmentNow: (workspaceId: string, environment: string) => Promise<Date>;
  /** Conditions of other features: flag published, rollback defined, initiative decided, … */
  readonly readiness: (experiment: ExperimentRef) => Promise<readonly ReadinessItem[]>;
  /** Keeps others from changing the experiment's flag until the transaction `ctx.db` ends. */
  readonly holdFlag: (ctx: CommandContext, experiment: ExperimentRef) => Promise<void>;
  /** Called inside the transaction that starts a run: puts the initiative in flight. */
  readonly begin: (ctx: CommandContext, experiment: BeginningExperiment) => Promise<Begun>;
  /** Called when the start is committed; resolves when units are served by the experiment's rules. */
  readonly begun: (experiment: ExperimentRef) => Promise<void>;
  /** Called inside the transaction that ends a run with a verdict: gives it to the initiative. */
  readonly conclude: (ctx: CommandContext, experiment: ConcludedExperiment) => Promise<void>;
  /** Tells live screens that something changed. */
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}
