import type {
  EventSelection,
  PropertySplit,
  QueryScope,
  SplitKey,
  VariantSplit,
} from "./query-scope.ts";
import { bySplit, total } from "./query-scope.ts";

/**
 * How many units go through some steps in order.
 *
 * A unit enters with its first event of the first step in `[from, to)`; later entries are not
 * looked at (first touch). Every further step is the unit's first event of that step at or after
 * the step before, and before `windowMs` have passed since the entry. Two steps that select the
 * same events need two events: the later one must come strictly after the earlier step.
 */
export interface FunnelQuery extends QueryScope {
  readonly kind: "funnel";
  /** 2 to 12. */
  readonly steps: readonly EventSelection[];
  readonly windowMs: number;
  readonly from: number;
  readonly to: number;
  /** A property is that of the event by which the unit entered. */
  readonly split?: PropertySplit | VariantSplit;
}

export const MAX_FUNNEL_STEPS = 12;

/**
 * Units of one line that reached a step after a time in one bin. Sums over disjoint sets of units;
 * the sum over the bins of a step is how many reached it.
 */
export interface FunnelPartial extends SplitKey {
  /** From 0. */
  readonly step: number;
  /** `delayBin` of the milliseconds since the step before; null for the first step. */
  readonly delayBin: number | null;
  readonly units: number;
}

/** Bins of one doubling of the delay: a bin is 1/16 of its octave wide. */
const BINS_PER_OCTAVE = 16;

/**
 * The bin of a delay: its octave (floor of the binary logarithm) times 16, plus in which sixteenth
 * of the octave it lies. Delays below 16 ms share bins by the same formula; 0 is -1. Whole
 * numbers only, so that every engine computes the same.
 */
export function delayBin(delayMs: number): number {
  if (delayMs < 1) return -1;
  let octave = 0;
  while (2 ** (octave + 1) <= delayMs) octave += 1;
  const start = 2 ** octave;
  return octave * BINS_PER_OCTAVE + Math.floor(((delayMs - start) * BINS_PER_OCTAVE) / start);
}

/** Where a bin begins, in milliseconds; it ends where the next one begins. */
export function delayBinStart(bin: number): number {
  if (bin < 0) return 0;
  const start = 2 ** Math.floor(bin / BINS_PER_OCTAVE);
  return start + (start * (bin % BINS_PER_OCTAVE)) / BINS_PER_OCTAVE;
}

/** How many units reached a step, each counted once. */
export interface FunnelStep {
  readonly units: number;
  /** Share of those who entered, 0 to 1; null when nobody did. */
  readonly conversion: number | null;
  /** Share of those who reached the step before; null when nobody did, and for the first step. */
  readonly stepConversion: number | null;
  /**
   * Median time from the step before, interpolated in its bin, so off by at most 1/16; null where
   * nobody got here, and for the first step.
   */
  readonly medianDelayMs: number | null;
}

export interface FunnelLine extends SplitKey {
  /** In the order of the query's steps. */
  readonly steps: readonly FunnelStep[];
}

/** Adds partials up to one line for each value of the split, or a single one. */
export function mergeFunnel(
  query: FunnelQuery,
  partials: readonly FunnelPartial[],
): readonly FunnelLine[] {
  return bySplit(partials).map(({ split, other, rows }) => {
    const byStep = Map.groupBy(rows, (row) => row.step);
    const reached = query.steps.map((_, step) =>
      total((byStep.get(step) ?? []).map((row) => row.units)),
    );
    return {
      split,
      other,
      steps: reached.map((units, step) => ({
        units,
        conversion: share(units, reached[0]),
        stepConversion: step === 0 ? null : share(units, reached[step - 1]),
        medianDelayMs: step === 0 ? null : medianDelay(byStep.get(step) ?? []),
      })),
    };
  });
}

function share(part: number, whole: number | undefined): number | null {
  return whole === undefined || whole === 0 ? null : part / whole;
}

function medianDelay(rows: readonly FunnelPartial[]): number | null {
  const units = new Map<number, number>();
  for (const row of rows) {
    if (row.delayBin !== null) units.set(row.delayBin, (units.get(row.delayBin) ?? 0) + row.units);
  }
  const half = total([...units.values()]) / 2;
  let before = 0;
  for (const [bin, count] of [...units].toSorted(([a], [b]) => a - b)) {
    if (before + count >= half && count > 0) {
      if (bin < 0) return 0;
      const start = delayBinStart(bin);
      return start + ((delayBinStart(bin + 1) - start) * (half - before)) / count;
    }
    before += count;
  }
  return null;
}
