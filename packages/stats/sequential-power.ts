import { gaussLegendre } from "./gauss-legendre.ts";
import { groupSequentialDesign } from "./group-sequential.ts";
import type { Spending } from "./group-sequential.ts";
import { normalTail } from "./normal.ts";
import { brentRoot } from "./root.ts";
import { quantileSum } from "./sample-size.ts";
import type { PowerTarget } from "./sample-size.ts";

const NODES = 96;
/** Further out than this many deviations nothing is left to count. */
const HORIZON = 8;

/** Mass of the running score, sampled at quadrature nodes, among runs that have not stopped. */
interface Carried {
  readonly information: number;
  readonly at: Float64Array;
  readonly mass: Float64Array;
}

const START: Carried = { information: 0, at: new Float64Array([0]), mass: new Float64Array([1]) };
const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Density at `score` after one more increment of the given width, drift included in `shifted`. */
function densityAt(
  score: number,
  shifted: Float64Array,
  mass: Float64Array,
  width: number,
): number {
  let sum = 0;
  for (let i = 0; i < shifted.length; i += 1) {
    const distance = (score - (shifted[i] ?? 0)) / width;
    sum += (mass[i] ?? 0) * Math.exp((-distance * distance) / 2);
  }
  return sum / (width * SQRT_TWO_PI);
}

/**
 * Probability that a run with a true effect crosses the upper boundary at some look.
 *
 * @param z       boundary of each look
 * @param drift   expected z value at information fraction 1
 * @param sides   2: the run also stops below the mirrored boundary, which counts as a miss
 */
export function crossingProbability(
  informationFractions: readonly number[],
  z: readonly number[],
  drift: number,
  sides: 1 | 2,
): number {
  const { nodes, weights } = gaussLegendre(NODES);
  let crossed = 0;
  let before = START;
  for (const [look, information] of informationFractions.entries()) {
    const added = information - before.information;
    if (!(added > 0)) continue;
    const width = Math.sqrt(added);
    const spread = Math.sqrt(information);
    const bound = (z[look] ?? Infinity) * spread;
    const expected = drift * information;
    const upper = Math.min(bound, expected + HORIZON * spread);
    const lowest = expected - HORIZON * spread;
    const lower = sides === 2 ? Math.max(-bound, lowest) : lowest;
    const shifted = before.at.map((score) => score + drift * added);
    const { mass } = before;
    for (const [i, centre] of shifted.entries()) {
      crossed += (mass[i] ?? 0) * normalTail((bound - centre) / width);
    }
    if (!(upper > lower)) break;
    const half = (upper - lower) / 2;
    const at = nodes.map((node) => lower + half * (node + 1));
    before = {
      information,
      at,
      mass: at.map((score, j) => densityAt(score, shifted, mass, width) * half * (weights[j] ?? 0)),
    };
  }
  return crossed;
}

/**
 * How many times the fixed sample a design with looks must be planned for, to keep its power.
 * Checked against rpact: 1.042 (O'Brien and Fleming), 1.050 (power family, rho 3), 1.258 (Pocock) for
 * 14 equal looks at alpha 0.05 and power 0.8.
 */
export function sequentialInflation(
  input: PowerTarget & {
    readonly informationFractions: readonly number[];
    readonly spending: Spending;
  },
): number {
  const { informationFractions, alpha, power, sides, spending } = input;
  const z = groupSequentialDesign({ informationFractions, alpha, sides, spending }).map(
    (look) => look.z,
  );
  const fixed = quantileSum({ alpha, power, sides });
  const drift = brentRoot(
    (candidate) => crossingProbability(informationFractions, z, candidate, sides) - power,
    fixed,
    3 * fixed,
    1e-9,
  );
  return (drift / fixed) ** 2;
}
