import { groupSequentialBoundaries, normalTail, spentAlpha } from "@paceline/stats";
import type { LookBoundary, Spending } from "@paceline/stats";

import type { PastLook } from "./analysis-types.ts";
import { spendingRho } from "./criterion.ts";
import type { Criterion } from "./criterion.ts";

const DAY_MS = 86_400_000;

/** Where one look stands on the decision clock. */
export interface LookPosition {
  /** 1 for the first look. */
  readonly look: number;
  /** 0 to 1, never below that of an earlier look. */
  readonly informationFraction: number;
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

/**
 * Places a look on the decision clock. The information fraction is units over planned units, at most 1;
 * until `minDays` have passed it is also at most the share of `minDays` that has passed, because a look
 * that may not ship yet must not use up the alpha of those that may. Both limits depend on traffic and
 * calendar alone, never on an effect, as alpha spending demands.
 */
export function placeLook(input: LookPositionInput): LookPosition {
  const { criterion, units, startedAt, now, pastLooks } = input;
  const { plannedUnits, minDays, maxDays } = criterion.design;
  const elapsedDays = (now.getTime() - startedAt.getTime()) / DAY_MS;
  const collected = Math.max(0, Math.min(1, units / plannedUnits, elapsedDays / minDays));
  const before = pastLooks.at(-1);
  return {
    look: (before?.look ?? 0) + 1,
    informationFraction: Math.max(collected, before?.informationFraction ?? 0),
    timeboxOver: elapsedDays >= maxDays,
    elapsedDays,
  };
}

/** Boundary of the newest look for a level and a number of sides. */
export type BoundaryOf = (alpha: number, sides: 1 | 2) => LookBoundary;

const NO_BOUNDARY: LookBoundary = { z: Infinity, cumulativeAlpha: 0, nominalP: 0 };

function boundary(
  fractions: readonly number[],
  spending: Spending,
  timeboxOver: boolean,
  alpha: number,
  sides: 1 | 2,
): LookBoundary {
  const last = fractions.length - 1;
  if (!((fractions[last] ?? 0) > 0)) return NO_BOUNDARY;
  const cumulativeAlpha = fractions.map((fraction, look) =>
    timeboxOver && look === last ? alpha : spentAlpha(spending, fraction, alpha, sides),
  );
  const boundaries = groupSequentialBoundaries({
    informationFractions: fractions,
    cumulativeAlpha,
    sides,
  });
  return boundaries[last] ?? NO_BOUNDARY;
}

/**
 * Boundaries of the newest look by Lan and DeMets, from the looks that were really taken: missed and
 * extra looks are allowed. Each level is computed once; a look costs about 2 ms per earlier look.
 */
export function boundariesAt(
  criterion: Criterion,
  position: LookPosition,
  pastLooks: readonly PastLook[],
): BoundaryOf {
  const spending: Spending = { family: "power", rho: spendingRho(criterion) };
  const past = pastLooks.map(({ informationFraction }) => informationFraction);
  // A look without units has no information and cannot stop a run.
  const fractions = [...past, position.informationFraction].filter(
    (fraction, look) => fraction > 0 || look === past.length,
  );
  const known = new Map<string, LookBoundary>();
  return (alpha, sides) => {
    const key = `${alpha}/${sides}`;
    const found =
      known.get(key) ?? boundary(fractions, spending, position.timeboxOver, alpha, sides);
    known.set(key, found);
    return found;
  };
}

/** Upper tail that a boundary leaves on one side. */
export function oneTail({ z }: LookBoundary): number {
  return normalTail(z);
}
