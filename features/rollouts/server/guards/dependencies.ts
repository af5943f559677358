import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import type { ExperimentPlan, StoredStatistics } from "@paceline/experiments/server";

import type { GuardedRun, GuardedStage, GuardReading } from "../../domain/index.ts";

/** Both arms of a rollout's comparison; structurally a query of `@paceline/events`. */
export interface ComparisonQuery extends Pick<
  ExperimentPlan,
  "kind" | "workspace" | "environment" | "metrics" | "windowHours" | "from" | "asOf" | "cut"
> {
  readonly exposure: { readonly experimentId: string };
}

/** Some events by time bucket; structurally a query of `@paceline/events`. */
export interface GuardSeriesQuery {
  readonly kind: "series";
  readonly workspace: string;
  readonly environment: string;
  readonly events: { readonly type?: string; readonly event?: string };
  readonly measure:
    | { readonly of: "events" }
    | { readonly of: "units"; readonly precision: "exact" }
    | { readonly of: "sum" | "mean"; readonly property: string };
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
  readonly zoneOffsetMs: number;
  readonly split?: {
    readonly by: "variant";
    readonly exposure: { readonly experimentId: string };
    readonly from: number;
  };
}

/** Every query comes with the statement behind it, and a sentence on events that cannot be read. */
interface Answered {
  readonly sql: string;
  readonly missing: string | null;
}

export interface SeriesAnswer extends Answered {
  readonly lines: readonly {
    readonly split: string | null;
    readonly points: readonly {
      readonly at: number;
      readonly value: number | null;
      readonly events: number;
    }[];
  }[];
}

/** What guards need of the event store. */
export interface GuardEventStore {
  comparison(query: ComparisonQuery): Promise<StoredStatistics & Answered>;
  series(query: GuardSeriesQuery): Promise<SeriesAnswer>;
  /** How long durable events have waited to be seen, and why they cannot be; null while all is well. */
  lateness(): { readonly seconds: number; readonly failure: string | null };
}

export interface GuardReaderDependencies {
  readonly db: Db;
  readonly events: GuardEventStore;
  /** Told of a reading that failed; it has no data, and the others go on. */
  readonly onError: (error: unknown, runId: string) => void;
}

/** A running plan that is to be watched. */
export interface WatchedRun {
  readonly run: GuardedRun;
  readonly stage: GuardedStage;
  /** Exposed units that the stage waits for; null if it does not. */
  readonly sample: number | null;
}

/** What all guards of a run say, as the run is told it. */
export interface GuardsRead {
  /** The stage that was read; a run that has gone on meanwhile takes no notice. */
  readonly stageId: string;
  readonly readings: readonly GuardReading[];
  /** Units in the exposed arm of the stage's comparison, those in two arms too; null if unknown. */
  readonly exposedUnits: number | null;
}

/** The rollout plans, as far as their guards are concerned. */
export interface GuardedRuns {
  /** Runs that expose somebody now. */
  list(db: Db): Promise<readonly WatchedRun[]>;
  /** Tells a run what its guards say, in the transaction `ctx.db`. */
  deliver(ctx: CommandContext, runId: string, read: GuardsRead): Promise<void>;
}
