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

/** Ranges one after the other as they are; neighbours in the list that touch become one. */
function joined(ranges: readonly PartRange[]): readonly PartRange[] {
  const made: PartRange[] = [];
  for (const [from, to] of ranges) {
    const last = made.at(-1);
    if (from === to) continue;
    if (last !== undefined && last[1] === from) made[made.length - 1] = [last[0], to];
    else made.push([from, to]);
  }
  return made;
}

/** Ranges in the order of their parts, touching ones joined. */
export function sortedRanges(ranges: readonly PartRange[]): readonly PartRange[] {
  return joined(ranges.toSorted(([a], [b]) => a - b));
}

/** What lies in `ranges` and in no range of `taken`, in the order of `ranges`. */
export function minusRanges(
  ranges: readonly PartRange[],
  taken: readonly PartRange[],
): readonly PartRange[] {
  const borders = sortedRanges(taken);
  return joined(
    ranges.flatMap(([from, to]) => {
      const left: PartRange[] = [];
      let start = from;
      for (const [a, b] of borders) {
        if (b <= start || a >= to) continue;
        if (a > start) left.push([start, a]);
        start = b;
      }
      if (start < to) left.push([start, to]);
      return left;
    }),
  );
}

/** What lies in both, in the order of `ranges`. */
export function commonRanges(
  ranges: readonly PartRange[],
  others: readonly PartRange[],
): readonly PartRange[] {
  return minusRanges(ranges, minusRanges([[0, PARTS]], others));
}

/** The first `width` parts in the order of the list, and the rest. */
export function splitRanges(
  ranges: readonly PartRange[],
  width: number,
): { readonly first: readonly PartRange[]; readonly rest: readonly PartRange[] } {
  const first: PartRange[] = [];
  const rest: PartRange[] = [];
  let left = width;
  for (const [from, to] of ranges) {
    const border = Math.min(to, from + left);
    left -= border - from;
    first.push([from, border]);
    rest.push([border, to]);
  }
  return { first: joined(first), rest: joined(rest) };
}

/** What is wrong with the ranges of a split, null if nothing is or there are none. */
export function rangesFault(arms: readonly Arm[]): string | null {
  if (arms.every(({ ranges }) => ranges === undefined)) return null;
  const all = arms.flatMap(({ ranges }) => ranges ?? []);
  const whole = sortedRanges(all);
  const isWhole = whole.length === 1 && whole[0]?.[0] === 0 && whole[0][1] === PARTS;
  if (!isWhole || widthOf(all) !== PARTS) return "ranges must hold each of 100,000 parts once";
  // Shares are rounded to parts: one part for each border.
  const off = arms.some(
    ({ ranges, share }) => Math.abs(widthOf(ranges ?? []) - share * PARTS) > arms.length,
  );
  return off ? "ranges must hold what the shares say" : null;
}
