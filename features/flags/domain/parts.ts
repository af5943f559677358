import type { Arm, PartRange } from "./flag.ts";

/** The constant total of every split and gate: one part is 0.001 %. */
export const PARTS = 100_000;

/**
 * Shares as parts of `PARTS`, in the same order. Borders between arms are rounded, not the arms: an
 * arm that grows at the cost of the next one keeps all of its units.
 */
export function partsOf(shares: readonly number[]): readonly number[] {
  let cumulative = 0;
  let border = 0;
  return shares.map((share, index) => {
    cumulative += share;
    const next = index === shares.length - 1 ? PARTS : Math.round(cumulative * PARTS);
    const parts = Math.max(0, Math.min(PARTS, next) - border);
    border += parts;
    return parts;
  });
}

/** How many parts the ranges hold together. */
export function widthOf(ranges: readonly PartRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

/**
 * All parts in order, as stretches that lie inside of the ranges or outside of them.
 *
 * @returns pairs of whether inside, and how many parts; never a stretch of none
 */
export function segmentsOf(ranges: readonly PartRange[]): readonly (readonly [boolean, number])[] {
  const segments: (readonly [boolean, number])[] = [];
  let border = 0;
  for (const [from, to] of ranges) {
    if (from > border) segments.push([false, from - border]);
    segments.push([true, to - from]);
    border = to;
  }
  if (border < PARTS) segments.push([false, PARTS - border]);
  return segments;
}

/** The parts that each arm of a split holds, in the order of the arms. */
export function armRanges(arms: readonly Arm[]): readonly (readonly PartRange[])[] {
  const parts = partsOf(arms.map(({ share }) => share));
  let border = 0;
  return arms.map(({ ranges }, index) => {
    const from = border;
    border += parts[index] ?? 0;
    return ranges ?? (from === border ? [] : [[from, border]]);
  });
}

/**
 * The buckets of a split, in the order of their parts: an arm may have several. The first arm of one
 * whose weights never changed is the one that grows at its neighbour's cost only.
 */
export function splitSegments(arms: readonly Arm[]): readonly (readonly [string, number])[] {
  if (arms.every(({ ranges }) => ranges === undefined)) {
    const parts = partsOf(arms.map(({ share }) => share));
    return arms.map(({ variant }, index) => [variant, parts[index] ?? 0]);
  }
  const held = armRanges(arms);
  return arms
    .flatMap(({ variant }, index) =>
      (held[index] ?? []).map(([from, to]) => ({ from, variant, width: to - from })),
    )
    .toSorted((a, b) => a.from - b.from)
    .map(({ variant, width }) => [variant, width]);
}
