import type { ArmMetric } from "@paceline/experiments/domain";
import { mergePairSummaries, mergeSummaries } from "@paceline/stats";

/** One arm of a rollout's comparison. */
export interface GuardArm {
  readonly units: number;
  /** By metric key. */
  readonly metrics: Readonly<Record<string, ArmMetric>>;
}

/** What is known of exposed and held-back units at one instant. */
export interface GuardStatistics {
  readonly exposed: GuardArm;
  readonly control: GuardArm;
  /** Units that saw more than one variant; they are in no arm. */
  readonly crossExposedUnits: number;
  readonly newestEventAt: Date | null;
}

/** Two sets of units of one arm together. */
export function addArmMetrics(a: ArmMetric, b: ArmMetric): ArmMetric {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  if (a.denominator === null || b.denominator === null) {
    return { ...mergeSummaries(a, b), denominator: null };
  }
  const { n, x, y, comoment } = mergePairSummaries(
    { n: a.n, x: a, y: a.denominator, comoment: a.denominator.comoment },
    { n: b.n, x: b, y: b.denominator, comoment: b.denominator.comoment },
  );
  return { n, ...x, denominator: { ...y, comoment } };
}

export const NO_UNITS: ArmMetric = { n: 0, mean: 0, m2: 0, denominator: null };

/** Adds the variants of one arm up; a metric that a variant lacks adds no units. */
export function addArms(arms: readonly GuardArm[]): GuardArm {
  const keys = new Set(arms.flatMap(({ metrics }) => Object.keys(metrics)));
  return {
    units: arms.reduce((sum, { units }) => sum + units, 0),
    metrics: Object.fromEntries(
      [...keys].map((key) => [
        key,
        arms.map(({ metrics }) => metrics[key] ?? NO_UNITS).reduce(addArmMetrics, NO_UNITS),
      ]),
    ),
  };
}
