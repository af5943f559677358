import type { ArmMetric, ExperimentStatistics, Metric } from "../domain/index.ts";

const HOUR_MS = 3_600_000;

interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
  readonly denominator: {
    readonly mean: number;
    readonly m2: number;
    readonly coMoment: number;
  } | null;
}

/** The query plan that the event store answers; structurally the one of `@paceline/events`. */
export interface ExperimentPlan {
  readonly kind: "experiment";
  readonly workspace: string;
  readonly environment: string;
  readonly exposure: { readonly experimentId?: string; readonly flagKey?: string };
  readonly variants: readonly string[];
  readonly metrics: readonly {
    readonly key: string;
    readonly event: string;
    readonly aggregation: "any" | "count" | "sum";
    readonly property?: string;
    readonly denominator?: {
      readonly event: string;
      readonly aggregation: "any" | "count" | "sum";
      readonly property?: string;
    };
  }[];
  readonly windowHours: number;
  readonly from: number;
  readonly asOf: number;
  readonly cut: "none";
}

/** What the event store answers. */
export interface StoredStatistics {
  readonly variants: readonly {
    readonly variant: string;
    readonly units: number;
    readonly moments: Readonly<Record<string, Moments>>;
  }[];
  readonly crossExposedUnits: number;
  readonly newestExposureAt: number | null;
  readonly newestEventAt: number | null;
  /** One sentence on events that exist but cannot be read; absent or null if none is missing. */
  readonly missing?: string | null;
}

/** The part of the event store that experiments need. */
export interface EventStorePort {
  /** Makes everything acknowledged so far visible to `experiment`. */
  flush(): Promise<void>;
  experiment(plan: ExperimentPlan): Promise<StoredStatistics>;
  /** The statement behind a plan, with its values filled in, for "show me the SQL". */
  showSql(plan: ExperimentPlan): Promise<string>;
}

/** What a plan is made from. */
export interface PlanInput {
  readonly workspaceId: string;
  readonly environment: string;
  readonly experimentId: string;
  readonly flagKey: string;
  readonly variants: readonly string[];
  readonly metrics: readonly Metric[];
  readonly windowHours: number;
  readonly from: Date;
  readonly asOf: Date;
}

function measureOf({ event, aggregation, property }: Metric["numerator"]) {
  return { event, aggregation, ...(property === null ? {} : { property }) };
}

/** Metrics as the event store reads them. */
export function metricPlans(metrics: readonly Metric[]): ExperimentPlan["metrics"] {
  return metrics.map((metric) => ({
    key: metric.key,
    ...measureOf(metric.numerator),
    ...(metric.denominator === null ? {} : { denominator: measureOf(metric.denominator) }),
  }));
}

/** The one query plan behind every number of an experiment. */
export function planOf(input: PlanInput): ExperimentPlan {
  return {
    kind: "experiment",
    workspace: input.workspaceId,
    environment: input.environment,
    exposure: { experimentId: input.experimentId, flagKey: input.flagKey },
    variants: input.variants,
    metrics: metricPlans(input.metrics),
    windowHours: input.windowHours,
    from: input.from.getTime(),
    asOf: input.asOf.getTime(),
    cut: "none",
  };
}

/** A variant's sufficient statistics as the rules read them. */
export function armMetrics(
  moments: Readonly<Record<string, Moments>>,
): Readonly<Record<string, ArmMetric>> {
  return Object.fromEntries(
    Object.entries(moments).map(([key, { n, mean, m2, denominator }]) => [
      key,
      {
        n,
        mean,
        m2,
        denominator:
          denominator === null
            ? null
            : { mean: denominator.mean, m2: denominator.m2, comoment: denominator.coMoment },
      },
    ]),
  );
}

function totalUnits(statistics: StoredStatistics): number {
  return statistics.variants.reduce((sum, { units }) => sum + units, 0);
}

/**
 * Asks the event store for an experiment's sufficient statistics at `asOf`. A second, earlier query
 * counts the units whose conversion window has closed by then.
 */
export async function readStatistics(
  events: EventStorePort,
  input: PlanInput,
): Promise<ExperimentStatistics & { readonly missing: string | null }> {
  const plan = planOf(input);
  const stored = await events.experiment(plan);
  const maturedBy = input.asOf.getTime() - input.windowHours * HOUR_MS;
  const matured =
    maturedBy <= plan.from
      ? 0
      : totalUnits(await events.experiment({ ...plan, metrics: [], asOf: maturedBy }));
  const newest = Math.max(stored.newestExposureAt ?? 0, stored.newestEventAt ?? 0);
  return {
    missing: stored.missing ?? null,
    asOf: input.asOf,
    units: Object.fromEntries(stored.variants.map(({ variant, units }) => [variant, units])),
    arms: Object.fromEntries(
      stored.variants.map(({ variant, moments }) => [variant, armMetrics(moments)]),
    ),
    crossExposedUnits: stored.crossExposedUnits,
    maturedUnits: matured,
    newestEventAt: newest === 0 ? null : new Date(newest),
  };
}
