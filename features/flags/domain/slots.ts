import type { PartRange } from "./flag.ts";
import { commonRanges, minusRanges, PARTS, sortedRanges, splitRanges, widthOf } from "./parts.ts";

/** Mutual exclusion: rules that take slots of one layer never apply to the same unit. */
export interface Layer {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** Attribute of the units that the layer shares out. */
  readonly unit: string;
  readonly salt: string;
  /** Days for which a freed slot is given to nobody: what its units went through carries over. */
  readonly carryOverDays: number;
}

/** The rule of a flag that holds slots, in one environment. */
export interface SlotHolder {
  readonly flagKey: string;
  readonly ruleId: string;
}

/** One line of a layer's ledger in an environment. */
export interface SlotEntry {
  readonly action: "taken" | "freed";
  readonly range: PartRange;
  readonly holder: SlotHolder;
  readonly experimentId: string | null;
  readonly at: Date;
  /** Until then nobody gets what was freed; null for what was taken. */
  readonly quarantinedUntil: Date | null;
}

/** Parts that have the same last line in the ledger. */
export interface Stretch {
  readonly range: PartRange;
  /** Null for parts that nobody ever had. */
  readonly last: SlotEntry | null;
}

function isSame(a: SlotHolder, b: SlotHolder): boolean {
  return a.flagKey === b.flagKey && a.ruleId === b.ruleId;
}

/**
 * What a ledger comes to: all parts in order, each with the last line that speaks of it.
 *
 * @param entries  in the order in which they were written
 */
export function stretchesOf(entries: readonly SlotEntry[]): readonly Stretch[] {
  let stretches: readonly Stretch[] = [{ range: [0, PARTS], last: null }];
  for (const last of entries) {
    stretches = stretches
      .flatMap((stretch) =>
        minusRanges([stretch.range], [last.range]).map((range) => ({ ...stretch, range })),
      )
      .concat({ range: last.range, last });
  }
  return stretches.toSorted((a, b) => a.range[0] - b.range[0]);
}

/** The lines of a ledger that still say something of a part; the others are history. */
export function standingLines<T extends SlotEntry>(lines: readonly T[]): readonly T[] {
  const standing = new Set(stretchesOf(lines).map(({ last }) => last));
  return lines.filter((line) => standing.has(line));
}

/** Who holds parts, with how many of them, in the order of their first part. */
export function holdersOf(
  stretches: readonly Stretch[],
): readonly (SlotHolder & { readonly parts: number })[] {
  const holders = stretches.flatMap(({ last }) => (last?.action === "taken" ? [last.holder] : []));
  return holders
    .filter((holder, index) => holders.findIndex((one) => isSame(one, holder)) === index)
    .map((holder) => ({ ...holder, parts: widthOf(heldRanges(stretches, holder)) }));
}

function rangesWhere(
  stretches: readonly Stretch[],
  holds: (last: SlotEntry | null) => boolean,
): readonly PartRange[] {
  return sortedRanges(stretches.flatMap(({ range, last }) => (holds(last) ? [range] : [])));
}

/** The parts that a rule holds now, in order. */
export function heldRanges(
  stretches: readonly Stretch[],
  holder: SlotHolder,
): readonly PartRange[] {
  return rangesWhere(stretches, (last) => last?.action === "taken" && isSame(last.holder, holder));
}

function isQuarantined(last: SlotEntry | null, now: Date): boolean {
  return last?.quarantinedUntil !== null && last !== null && last.quarantinedUntil > now;
}

/** The parts that may be handed out: never had, or freed and no longer in quarantine. */
export function freeRanges(stretches: readonly Stretch[], now: Date): readonly PartRange[] {
  return rangesWhere(
    stretches,
    (last) => last === null || (last.action === "freed" && !isQuarantined(last, now)),
  );
}

/** How a layer is filled, in parts of 100,000. */
export interface Fill {
  readonly held: number;
  readonly quarantined: number;
  readonly free: number;
  /** When the next parts leave quarantine; null if none are in it. */
  readonly nextFreeAt: Date | null;
}

/** How much of a layer is held, quarantined and free, in parts of 100,000. */
export function fillOf(stretches: readonly Stretch[], now: Date): Fill {
  const width = (holds: (last: SlotEntry | null) => boolean): number =>
    widthOf(rangesWhere(stretches, holds));
  const ends = stretches.flatMap(({ last }) =>
    isQuarantined(last, now) && last?.quarantinedUntil ? [last.quarantinedUntil.getTime()] : [],
  );
  return {
    held: width((last) => last?.action === "taken"),
    quarantined: width((last) => isQuarantined(last, now)),
    free: widthOf(freeRanges(stretches, now)),
    nextFreeAt: ends.length === 0 ? null : new Date(Math.min(...ends)),
  };
}

/**
 * The parts that a rule would hold with `width` of them: what it has, less the last ones or more of
 * the free ones.
 *
 * @returns null when not enough are free
 */
export function allocate(
  stretches: readonly Stretch[],
  holder: SlotHolder,
  width: number,
  now: Date,
): readonly PartRange[] | null {
  const held = heldRanges(stretches, holder);
  const missing = width - widthOf(held);
  if (missing <= 0) return splitRanges(held, width).first;
  const free = freeRanges(stretches, now);
  if (widthOf(free) < missing) return null;
  return sortedRanges([...held, ...splitRanges(free, missing).first]);
}

/**
 * What of `wanted` a rule may have: nothing that another holds or that is in quarantine, except,
 * on a way back, what this very rule has freed.
 */
export function permitted(
  stretches: readonly Stretch[],
  holder: SlotHolder,
  wanted: readonly PartRange[],
  now: Date,
  isWayBack: boolean,
): readonly PartRange[] {
  const returned = isWayBack
    ? rangesWhere(stretches, (last) => last?.action === "freed" && isSame(last.holder, holder))
    : [];
  const may = [...heldRanges(stretches, holder), ...freeRanges(stretches, now), ...returned];
  return sortedRanges(commonRanges(wanted, may));
}
