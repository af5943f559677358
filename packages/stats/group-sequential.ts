import { gaussLegendre } from "./gauss-legendre.ts";
import { normalDensity, normalTail, normalTailQuantile } from "./normal.ts";
import { brentRoot } from "./root.ts";

/**
 * How alpha is spent over information t, 0 to 1 (Lan and DeMets 1983); `power` is `alpha * t^rho`, rho
 * above 0.
 */
export type Spending =
  | { readonly family: "obrien-fleming" }
  | { readonly family: "pocock" }
  | { readonly family: "power"; readonly rho: number };

/** Looks that are planned or taken, both lists of the same length. */
export interface GroupSequentialInput {
  /** Of each look, not decreasing, above 0. */
  readonly informationFractions: readonly number[];
  /** Alpha spent up to each look, not decreasing. */
  readonly cumulativeAlpha: readonly number[];
  readonly sides: 1 | 2;
}

/** Where a look stops: at a standardized effect of `z` or beyond, for two sides in either direction. */
export interface LookBoundary {
  readonly z: number;
  readonly cumulativeAlpha: number;
  /** P value of the boundary as if there were only this look. */
  readonly nominalP: number;
}

/** Alpha that a spending function allows up to an information fraction (Lan and DeMets). */
export function spentAlpha(
  spending: Spending,
  fraction: number,
  alpha: number,
  sides: 1 | 2,
): number {
  const t = Math.min(1, fraction);
  if (t <= 0) return 0;
  switch (spending.family) {
    case "power":
      return alpha * t ** spending.rho;
    case "pocock":
      return alpha * Math.log1p((Math.E - 1) * t);
    case "obrien-fleming": {
      const critical = normalTailQuantile(alpha / sides / 2);
      return 2 * sides * normalTail(critical / Math.sqrt(t));
    }
  }
}

/** Looks closer together than this share of the information count as the same data. */
const SAME_DATA = 1e-5;
const LEAST_NODES = 240;
const MOST_NODES = 4800;
/** Further out than this many deviations nothing is left to lose. */
const HORIZON = 12;

/** The sub-density of the score process among runs that have not stopped yet. */
interface Running {
  readonly information: number;
  readonly density: (score: number) => number;
  readonly lower: number;
  readonly upper: number;
}

/** A density sampled at quadrature nodes: the integrand of the next look. */
interface Sampled {
  readonly at: Float64Array;
  readonly mass: Float64Array;
}

function sample({ density, lower, upper }: Running, kernelWidth: number): Sampled {
  const wanted = Math.ceil((2 * (upper - lower)) / kernelWidth / LEAST_NODES) * LEAST_NODES;
  const order = Math.min(MOST_NODES, Math.max(LEAST_NODES, wanted));
  const { nodes, weights } = gaussLegendre(order);
  const half = (upper - lower) / 2;
  const middle = (upper + lower) / 2;
  const at = nodes.map((node) => middle + half * node);
  const mass = at.map((score, i) => density(score) * (weights[i] ?? 0) * half);
  return { at, mass };
}

function carriedForward({ at, mass }: Sampled, width: number): (score: number) => number {
  return (score) => {
    let sum = 0;
    for (let i = 0; i < at.length; i += 1) {
      const distance = (score - (at[i] ?? 0)) / width;
      sum += (mass[i] ?? 0) * Math.exp((-distance * distance) / 2);
    }
    return sum / (width * Math.sqrt(2 * Math.PI));
  };
}

function massBeyond({ at, mass }: Sampled, width: number, bound: number): number {
  let sum = 0;
  for (let i = 0; i < at.length; i += 1) {
    sum += (mass[i] ?? 0) * normalTail((bound - (at[i] ?? 0)) / width);
  }
  return sum;
}

function running(information: number, z: number, density: (score: number) => number): Running {
  const scale = Math.sqrt(information);
  return { information, density, lower: -HORIZON * scale, upper: Math.min(z, HORIZON) * scale };
}

type Step = readonly [z: number, state: Running];

function firstLook(fraction: number, alpha: number): Step {
  const scale = Math.sqrt(fraction);
  const z = normalTailQuantile(alpha);
  return [z, running(fraction, z, (score) => normalDensity(score / scale) / scale)];
}

/** A look that adds alpha but no data: the boundary moves inwards until as much mass is cut off. */
function sameData(before: Running, increment: number): Step {
  const cutOff = (bound: number) => {
    const { mass } = sample({ ...before, lower: bound }, Infinity);
    return mass.reduce((sum, share) => sum + share, 0);
  };
  const bound =
    increment <= 0
      ? before.upper
      : brentRoot((at) => cutOff(at) - increment, before.lower, before.upper);
  const z = bound / Math.sqrt(before.information);
  return [z, running(before.information, z, before.density)];
}

function nextLook(before: Running, information: number, increment: number): Step {
  const added = information - before.information;
  if (added <= SAME_DATA * information) return sameData(before, increment);
  const width = Math.sqrt(added);
  const sampled = sample(before, width);
  const scale = Math.sqrt(information);
  const density = carriedForward(sampled, width);
  const beyond = (z: number) => massBeyond(sampled, width, z * scale);
  // An increment too small to be met within the horizon is not spent: the look stops nobody.
  if (!(beyond(HORIZON) < increment)) return [Infinity, running(information, Infinity, density)];
  let high = 1;
  while (beyond(high) > increment) high += 1;
  const z = brentRoot((at) => Math.log(beyond(at) / increment), -HORIZON, high);
  return [z, running(information, z, density)];
}

/**
 * Stopping boundaries of a sequence of looks; looks may come at any fraction, even twice at one.
 * A two-sided design is two one-sided ones of half the alpha, as in rpact: that a run could cross
 * both boundaries is ignored, which errs on the safe side by less than 1e-5 in z.
 */
export function groupSequentialBoundaries(input: GroupSequentialInput): readonly LookBoundary[] {
  const { informationFractions, cumulativeAlpha, sides } = input;
  const looks: LookBoundary[] = [];
  let state: Running | undefined;
  let spent = 0;
  for (const [look, fraction] of informationFractions.entries()) {
    const alpha = Math.max(spent, cumulativeAlpha[look] ?? spent);
    const [z, next]: Step =
      state === undefined
        ? firstLook(fraction, alpha / sides)
        : nextLook(state, Math.max(fraction, state.information), (alpha - spent) / sides);
    looks.push({ z, cumulativeAlpha: alpha, nominalP: sides * normalTail(z) });
    state = next;
    spent = alpha;
  }
  return looks;
}

/** Boundaries of a design whose looks are known. */
export function groupSequentialDesign(input: {
  readonly informationFractions: readonly number[];
  readonly alpha: number;
  readonly sides: 1 | 2;
  readonly spending: Spending;
}): readonly LookBoundary[] {
  const { informationFractions, alpha, sides, spending } = input;
  const cumulativeAlpha = informationFractions.map((fraction) =>
    spentAlpha(spending, fraction, alpha, sides),
  );
  return groupSequentialBoundaries({ informationFractions, cumulativeAlpha, sides });
}

/** Reads `obrien-fleming`, `pocock` or `power:<rho>`; undefined for anything else. */
export function parseSpending(text: string): Spending | undefined {
  if (text === "obrien-fleming" || text === "pocock") return { family: text };
  const rho = Number(/^power:(\d+(?:\.\d+)?)$/.exec(text)?.[1]);
  return rho > 0 ? { family: "power", rho } : undefined;
}
