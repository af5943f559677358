import { groupSequentialBoundaries } from "@paceline/stats";
import type { LookBoundary } from "@paceline/stats";

import type { PastLook } from "./analysis-types.ts";
import { spendingRho } from "./criterion.ts";
import type { Criterion } from "./criterion.ts";

const DAY_MS = 86_400_000;

/** Where one look stands on the decision clock. */
export interface LookPosition {
  /** 1 for the first look. */
  readonly look: number;
  /** Units of all arms so far, never fewer than at an earlier look. */
  readonly units: number;
  /** Units over planned units, 0 to 1. */
  readonly informationFraction: number;
  /** Share of alpha that may be spent up to this look, 0 to 1. */
  readonly spentShare: number;
  /** True at the end of the timebox: this look spends all alpha that is left. */
  readonly timeboxOver: boolean;
  readonly elapsedDays: number;
}

export interface LookPositionInput {
  readonly criterion: Criterion;
  /** Units of all arms so far, cross-exposed ones left out. */
  readonly units: number;
  readonly startedAt: Date;
  readonly now: Date;
  readonly pastLooks: readonly PastLook[];
}

function clamped(value: number): number {
  return Math.max(0, Math.min(1, value));
}

function shareSpentBy(criterion: Criterion, look: PastLook): number {
  return clamped(look.alphaSpent / (1 - criterion.primary.confidence));
}

/**
 * Places a look on the decision clock. Alpha is spent by information, units over planned units, and no
 * faster than the timebox passes: where more units come than were planned, the looks after the planned
 * size would otherwise have no alpha left and yet go on testing (measured: 0.106 false positives instead
 * of 0.05 at twice the planned traffic). Both limits depend on traffic and calendar alone, never on an
 * effect, as alpha spending demands. The end of the timebox spends the rest.
 */
export function placeLook(input: LookPositionInput): LookPosition {
  const { criterion, startedAt, now, pastLooks } = input;
  const { plannedUnits, maxDays } = criterion.design;
  const elapsedDays = (now.getTime() - startedAt.getTime()) / DAY_MS;
  const timeboxOver = elapsedDays >= maxDays;
  const before = pastLooks.at(-1);
  const units = Math.max(input.units, before?.units ?? 0);
  const informationFraction = clamped(units / plannedUnits);
  const spendable = Math.min(informationFraction, clamped(elapsedDays / maxDays));
  const spentShare = timeboxOver ? 1 : spendable ** spendingRho(criterion);
  const spentBefore = before === undefined ? 0 : shareSpentBy(criterion, before);
  return {
    look: (before?.look ?? 0) + 1,
    units,
    informationFraction,
    spentShare: Math.max(spentShare, spentBefore),
    timeboxOver,
    elapsedDays,
  };
}

/** Boundary of the newest look for a level and a number of sides. */
export type BoundaryOf = (alpha: number, sides: 1 | 2) => LookBoundary;

const NO_BOUNDARY: LookBoundary = { z: Infinity, cumulativeAlpha: 0, nominalP: 0 };

/**
 * Boundaries of the newest look by Lan and DeMets, from the looks that were really taken and the alpha
 * that they really spent: missed and extra looks are allowed, and so are units beyond the planned ones.
 * Each level is computed once.
 */
export function boundariesAt(
  criterion: Criterion,
  position: LookPosition,
  pastLooks: readonly PastLook[],
): BoundaryOf {
  const past = pastLooks.map((look) => ({
    fraction: look.units / criterion.design.plannedUnits,
    share: shareSpentBy(criterion, look),
  }));
  const newest = {
    fraction: position.units / criterion.design.plannedUnits,
    share: position.spentShare,
  };
  // A look without units has no information and cannot stop a run.
  const looks = [...past, newest].filter(({ fraction }) => fraction > 0);
  const known = new Map<string, LookBoundary>();
  return (alpha, sides) => {
    const key = `${alpha}/${sides}`;
    const found =
      known.get(key) ??
      groupSequentialBoundaries({
        informationFractions: looks.map(({ fraction }) => fraction),
        cumulativeAlpha: looks.map(({ share }) => share * alpha),
        sides,
      }).at(-1) ??
      NO_BOUNDARY;
    known.set(key, found);
    return found;
  };
}
