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

/** What this feature needs from others; wired in apps/server. */
export interface ExperimentDependencies {
  readonly events: EventStorePort;
  /** The instant on an environment's clock: the real one, or the simulated one of a replay. */
  readonly environmentNow: (workspaceId: string, environment: string) => Promise<Date>;
  /** Conditions of other features: flag published, rollback defined, initiative decided, … */
  readonly readiness: (experiment: ExperimentRef) => Promise<readonly ReadinessItem[]>;
  /** Tells live screens that something changed. */
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}
