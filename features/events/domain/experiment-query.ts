import { addMoments } from "./moments.ts";
import type { Moments } from "./moments.ts";
import type { ExposureSelection, QueryScope } from "./query-scope.ts";
import { total } from "./query-scope.ts";

/** A per-unit number made from the events of one name that a unit sent inside its window. */
export interface MetricEvents {
  /** Name of a `track` event. */
  readonly event: string;
  /** `any`: 1 or 0. `count`: number of events. `sum`: total of a numeric property. */
  readonly aggregation: "any" | "count" | "sum";
  /** Top-level property that `sum` adds up; values that are no finite numbers count as 0. */
  readonly property?: string;
}

/** A metric of which every unit has one number: made of its events, or of two such numbers. */
export interface MetricQuery extends MetricEvents {
  readonly key: string;
  /** Makes the metric a ratio of two per-unit numbers. */
  readonly denominator?: MetricEvents;
}

/**
 * Sufficient statistics of one experiment as they were known at one instant.
 *
 * A unit belongs to the variant of its first exposure from `from` on. Units that saw more than one
 * variant are counted and left out. A unit's events count from its first exposure for
 * `windowHours`. Only what had happened and had been received by `asOf` is seen.
 */
export interface ExperimentQuery extends QueryScope {
  readonly kind: "experiment";
  /** Exposures of this experiment, or of this flag where they name no experiment. */
  readonly exposure: ExposureSelection;
  /** Only exposures to these variants are looked at; all if absent. */
  readonly variants?: readonly string[];
  readonly metrics: readonly MetricQuery[];
  readonly windowHours: number;
  /** Unix milliseconds. */
  readonly from: number;
  readonly asOf: number;
  /** `day` also splits the units by the UTC day of their first exposure. */
  readonly cut: "none" | "day";
}

/** Units of one variant, day and crossing state; additive over days, segments and nodes. */
export interface ExperimentPartial {
  readonly variant: string;
  /** UTC day of the first exposure in Unix milliseconds; null where the query does not cut by day. */
  readonly day: number | null;
  /** Whether these units saw more than one variant. */
  readonly crossExposed: boolean;
  readonly units: number;
  readonly exposures: number;
  /** Newest instants among what the query counted, Unix milliseconds. */
  readonly newestExposureAt: number;
  readonly newestEventAt: number | null;
  /** In the order of the query's metrics; empty for cross-exposed units. */
  readonly moments: readonly Moments[];
}

/** One arm: its units, and the moments of each metric over those units, by the key of the metric. */
export interface VariantStatistics {
  readonly variant: string;
  /** Units that count: exposed to this variant only. */
  readonly units: number;
  /** Exposure records of those units. */
  readonly exposures: number;
  /** Units whose first exposure was to this variant but that saw another one too. */
  readonly crossExposedUnits: number;
  readonly moments: Readonly<Record<string, Moments>>;
}

/** What the events say of an experiment; instants in Unix milliseconds. */
export interface ExperimentStatistics {
  readonly asOf: number;
  /** Sorted by variant. */
  readonly variants: readonly VariantStatistics[];
  readonly crossExposedUnits: number;
  /** Null before the first exposure. */
  readonly newestExposureAt: number | null;
  readonly newestEventAt: number | null;
}

/** Adds partials up to the statistics of each variant. */
export function mergeExperiment(
  query: ExperimentQuery,
  partials: readonly ExperimentPartial[],
): ExperimentStatistics {
  const byVariant = Map.groupBy(partials, (partial) => partial.variant);
  const variants = [...byVariant.keys()].toSorted().map((variant) =>
    mergeVariant(
      query.metrics.map((metric) => metric.key),
      variant,
      byVariant.get(variant) ?? [],
    ),
  );
  return {
    asOf: query.asOf,
    variants,
    crossExposedUnits: total(variants.map((variant) => variant.crossExposedUnits)),
    newestExposureAt: newest(partials.map((partial) => partial.newestExposureAt)),
    newestEventAt: newest(partials.map((partial) => partial.newestEventAt)),
  };
}

function mergeVariant(
  metricKeys: readonly string[],
  variant: string,
  partials: readonly ExperimentPartial[],
): VariantStatistics {
  const counted = partials.filter((partial) => !partial.crossExposed);
  const crossed = partials.filter((partial) => partial.crossExposed);
  const moments: Record<string, Moments> = {};
  for (const [index, key] of metricKeys.entries()) {
    const parts = counted.flatMap((partial) => partial.moments[index] ?? []);
    moments[key] = parts.reduce(addMoments, { n: 0, mean: 0, m2: 0, denominator: null });
  }
  return {
    variant,
    units: total(counted.map((partial) => partial.units)),
    exposures: total(counted.map((partial) => partial.exposures)),
    crossExposedUnits: total(crossed.map((partial) => partial.units)),
    moments,
  };
}

function newest(instants: readonly (number | null)[]): number | null {
  return instants.reduce<number | null>(
    (latest, instant) =>
      instant === null || (latest !== null && latest >= instant) ? latest : instant,
    null,
  );
}
