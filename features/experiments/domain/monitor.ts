import { confidenceSequence, isComputable, sequentialSampleRatio } from "@paceline/stats";

import type {
  ExperimentStatistics,
  MonitorFinding,
  MonitorInput,
  MonitorTrigger,
} from "./analysis-types.ts";
import { crossExposureOf } from "./analysis.ts";
import { controlOf, treatmentsOf } from "./criterion.ts";
import type { Criterion, Direction, Scale } from "./criterion.ts";
import { evidenceOf, intervalBy, oriented } from "./metric-evidence.ts";
import type { Statistic } from "./metric.ts";
import { amount, metricWords, shownP } from "./reason.ts";

/** Below this many units in an arm the asymptotics of the confidence sequence are not trusted. */
export const FIRST_READING_UNITS_PER_ARM = 50;

/** Strength of the prior of the sequential sample ratio test, as its authors' software has it. */
const SPLIT_CONCENTRATION = 10_000;

type Interval = MonitorFinding["intervals"][number];

interface Watched {
  readonly metric: string;
  readonly statistic: Statistic;
  readonly direction: Direction;
  readonly scale: Scale;
  readonly alpha: number;
  readonly sides: 1 | 2;
}

function pairUnits(criterion: Criterion, arm: string): number {
  const { allocation, plannedUnits } = criterion.design;
  return plannedUnits * ((allocation[controlOf(criterion)] ?? 0) + (allocation[arm] ?? 0));
}

/** Always-valid interval of treatment minus control, tuned to the plan; null while there is too little. */
function reading(
  criterion: Criterion,
  statistics: ExperimentStatistics,
  arm: string,
  { metric, statistic, scale, alpha, sides }: Watched,
): Interval | null {
  const a = statistics.arms[controlOf(criterion)]?.[metric];
  const b = statistics.arms[arm]?.[metric];
  const least = Math.min(a?.n ?? 0, b?.n ?? 0);
  if (least < FIRST_READING_UNITS_PER_ARM) return null;
  const n = (a?.n ?? 0) + (b?.n ?? 0);
  const tunedTo = pairUnits(criterion, arm);
  // The half-width is the standard error times a factor of n alone, so it fits every scale.
  const unit = confidenceSequence({ effect: 0, se: 1, n, alpha, tunedTo, sides });
  if (!isComputable(unit)) return null;
  const found = intervalBy(evidenceOf(statistic, a, b), scale, (se) => unit.halfwidth * se);
  if ("undefined" in found) return null;
  return { arm, metric, scale, ...found };
}

interface Harm {
  readonly action: "none" | "hold" | "rollback";
  readonly trigger: MonitorTrigger;
  readonly reason: string;
}

function moved({ effect, scale }: Interval, statistic: Statistic): string {
  return `${effect > 0 ? "up" : "down"} by ${amount(effect, scale, statistic)}`;
}

function primaryHarm(criterion: Criterion, interval: Interval): Harm | null {
  const { metric, direction, statistic } = criterion.primary;
  if (!(oriented(interval.interval, direction).upper < 0)) return null;
  return {
    action: "rollback",
    trigger: "primary-harm",
    reason: `${metricWords(metric)} of ${interval.arm} is ${moved(interval, statistic)}, and the always-valid interval excludes that this is chance.`,
  };
}

function guardrailHarm(
  guardrail: Criterion["guardrails"][number],
  interval: Interval,
): Harm | null {
  const { metric, direction, statistic, scale, margin, onBreach } = guardrail;
  if (!(oriented(interval.interval, direction).upper < -margin)) return null;
  return {
    action: onBreach === "warn" ? "none" : onBreach,
    trigger: "guardrail-breach",
    reason: `Guardrail ${metric} of ${interval.arm} is ${moved(interval, statistic)}: more than the accepted harm of ${amount(margin, scale, statistic)} is proven.`,
  };
}

function armReadings(
  { criterion, statistics }: MonitorInput,
  arm: string,
): { readonly intervals: readonly Interval[]; readonly harms: readonly Harm[] } {
  const arms = treatmentsOf(criterion).length;
  const { primary, guardrails } = criterion;
  const intervals: Interval[] = [];
  const harms: (Harm | null)[] = [];
  const onPrimary = reading(criterion, statistics, arm, {
    ...primary,
    alpha: (1 - primary.confidence) / arms,
    sides: 2,
  });
  if (onPrimary !== null) {
    intervals.push(onPrimary);
    harms.push(primaryHarm(criterion, onPrimary));
  }
  for (const guardrail of guardrails) {
    const found = reading(criterion, statistics, arm, {
      ...guardrail,
      alpha: (1 - guardrail.confidence) / (guardrails.length * arms),
      sides: 1,
    });
    if (found === null) continue;
    intervals.push(found);
    harms.push(guardrailHarm(guardrail, found));
  }
  return { intervals, harms: harms.filter((harm) => harm !== null) };
}

function splitFault({ criterion, statistics }: MonitorInput): string | null {
  const shares = Object.entries(criterion.design.allocation);
  const tested = sequentialSampleRatio(
    // The evidence depends on the counts so far only, not on the batches that they came in.
    [shares.map(([arm]) => statistics.units[arm] ?? 0)],
    shares.map(([, share]) => share),
    SPLIT_CONCENTRATION,
  );
  const p = isComputable(tested) ? (tested[0]?.p ?? 1) : 1;
  if (!(p < criterion.validity.srmAlpha)) return null;
  return `Units are not split as planned (always-valid p = ${shownP(p)}, limit ${criterion.validity.srmAlpha}): the assignment is broken.`;
}

function crossFault({ criterion, statistics }: MonitorInput): string | null {
  const { share, units } = crossExposureOf(statistics);
  const { maxCrossExposure } = criterion.validity;
  const all = Object.values(statistics.units).reduce((sum, count) => sum + count, units);
  const arms = Object.keys(criterion.design.allocation).length;
  if (share < maxCrossExposure || all < FIRST_READING_UNITS_PER_ARM * arms) return null;
  return `${amount(share, "relative", "")} of the units saw more than one variant (limit ${amount(maxCrossExposure, "relative", "")}).`;
}

const SEVERITY = ["rollback", "hold", "none"] as const;

/**
 * One reading of the monitor clock, at any time and as often as wanted: confidence sequences tuned to
 * the planned units, two-sided for the primary and one-sided for guardrails, alpha shared between
 * guardrails and arms; a sequential test of the split. It may invalidate, roll back or hold. It can
 * never ship, and it stays silent where there is too little or no computable data.
 */
export function monitor(input: MonitorInput): MonitorFinding {
  const readings = treatmentsOf(input.criterion).map((arm) => armReadings(input, arm));
  const intervals = readings.flatMap((found) => found.intervals);
  const split = splitFault(input);
  if (split !== null) {
    return { action: "invalid", trigger: "sample-ratio-mismatch", reason: split, intervals };
  }
  const cross = crossFault(input);
  if (cross !== null) {
    return { action: "invalid", trigger: "cross-exposure", reason: cross, intervals };
  }
  const harms = readings.flatMap((found) => found.harms);
  const worst = SEVERITY.flatMap((action) => harms.filter((harm) => harm.action === action))[0];
  if (worst !== undefined) return { ...worst, intervals };
  const reason =
    intervals.length === 0
      ? `Fewer than ${FIRST_READING_UNITS_PER_ARM} units in an arm, or nothing to compare yet.`
      : "No harm beyond what is accepted is proven.";
  return { action: "none", trigger: null, reason, intervals };
}
