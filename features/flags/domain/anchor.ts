import type { Arm, PartRange, Rule } from "./flag.ts";
import { armRanges, commonRanges, PARTS, partsOf, splitRanges, widthOf } from "./parts.ts";
import { bucketsAlike } from "./phases.ts";

/** Shares this close are the same: one part is 0.00001. */
const SAME = 1e-9;

interface Held {
  readonly variant: string;
  readonly share: number;
  readonly ranges: readonly PartRange[];
}

function heldBy(arms: readonly Arm[]): ReadonlyMap<string, Held> {
  const ranges = armRanges(arms);
  return new Map(
    arms.map(({ variant, share }, index) => [
      variant,
      { variant, share, ranges: ranges[index] ?? [] },
    ]),
  );
}

/** How many parts each arm is to hold: an arm whose share stays keeps its number to the part. */
function widths(before: ReadonlyMap<string, Held>, after: readonly Arm[]): readonly number[] {
  const kept = after.map(({ variant, share }) => {
    const held = before.get(variant);
    return held !== undefined && Math.abs(held.share - share) < SAME ? widthOf(held.ranges) : null;
  });
  const left = PARTS - kept.reduce<number>((sum, width) => sum + (width ?? 0), 0);
  const touched = after.filter((_arm, index) => kept[index] === null);
  const total = touched.reduce((sum, { share }) => sum + share, 0);
  const parts = partsOf(touched.map(({ share }) => (total === 0 ? 0 : share / total)));
  // The parts that the touched arms share out among themselves.
  const borders = parts.map((_part, index) =>
    Math.round((parts.slice(0, index + 1).reduce((sum, part) => sum + part, 0) * left) / PARTS),
  );
  let next = 0;
  return kept.map((width) => {
    if (width !== null) return width;
    const index = next;
    next += 1;
    return (borders[index] ?? 0) - (borders[index - 1] ?? 0);
  });
}

/** How many parts change their arm. */
function movedParts(before: ReadonlyMap<string, Held>, after: readonly Arm[]): number {
  const ranges = armRanges(after);
  return after.reduce((sum, { variant }, index) => {
    const held = before.get(variant)?.ranges ?? [];
    const wanted = ranges[index] ?? [];
    return sum + widthOf(wanted) - widthOf(commonRanges(wanted, held));
  }, 0);
}

/**
 * Moves a split to other weights so that nobody moves who need not: arms keep the parts that they
 * hold, a shrinking arm gives up those that it took last, growing arms take what was given up. Only
 * units of arms whose share changed move.
 *
 * @param before  the arms in force
 * @param after   the arms that are wanted; their ranges do not count
 */
export function anchoredArms(before: readonly Arm[], after: readonly Arm[]): readonly Arm[] {
  const held = heldBy(before);
  const plain = after.map(({ variant, share }) => ({ variant, share }));
  const wanted = widths(held, after);
  const kept = after.map(({ variant }, index) =>
    splitRanges(held.get(variant)?.ranges ?? [], wanted[index] ?? 0),
  );
  const grown = wanted.reduce(
    (sum, width, index) => sum + width - widthOf(kept[index]?.first ?? []),
    0,
  );
  // Side by side moves as few where only neighbours changed, and is easier to read.
  if (movedParts(held, plain) <= grown && staysPut(held, plain)) return plain;
  const named = new Set(after.map(({ variant }) => variant));
  const gone = [...held.values()].flatMap(({ variant, ranges }) =>
    named.has(variant) ? [] : ranges,
  );
  let pool: readonly PartRange[] = [...gone, ...kept.flatMap(({ rest }) => rest)];
  return plain.map((arm, index) => {
    const own = kept[index]?.first ?? [];
    const taken = splitRanges(pool, (wanted[index] ?? 0) - widthOf(own));
    pool = taken.rest;
    return { ...arm, ranges: [...own, ...taken.first] };
  });
}

/** Whether arms whose share stays keep every part in this layout. */
function staysPut(before: ReadonlyMap<string, Held>, after: readonly Arm[]): boolean {
  const ranges = armRanges(after);
  return after.every(({ variant, share }, index) => {
    const held = before.get(variant);
    if (held === undefined || Math.abs(held.share - share) >= SAME) return true;
    return widthOf(commonRanges(ranges[index] ?? [], held.ranges)) === widthOf(held.ranges);
  });
}

/** The rule with its split anchored in what is in force under the same salt. */
export function anchoredRule(rule: Rule, published: Rule | null): Rule {
  const { serve } = rule;
  if (!("split" in serve)) return rule;
  const earlier = published?.serve;
  if (published === null || earlier === undefined || !("split" in earlier)) return rule;
  if (!bucketsAlike(published, rule)) return rule;
  return { ...rule, serve: { split: anchoredArms(earlier.split, serve.split) } };
}
