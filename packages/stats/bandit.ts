import { integrate } from "./gauss-legendre.ts";
import { normalCdf, normalDensity } from "./normal.ts";

const REACH = 9;
const PANELS = 12;
const ORDER = 20;

/** What is known of one arm's mean. */
export interface ArmPosterior {
  readonly mean: number;
  readonly sd: number;
}

function bestProbability(arms: readonly ArmPosterior[], index: number): number {
  const own = arms[index];
  if (own === undefined) return 0;
  const others = arms.filter((_, at) => at !== index);
  // Everything moves within the reach of some arm: breaks there keep each panel smooth.
  const inReach = (z: number) => Math.max(-REACH, Math.min(REACH, z));
  const breaks = [own, ...others].flatMap(({ mean, sd }) =>
    [-REACH, 0, REACH].map((z) => inReach((mean + z * sd - own.mean) / own.sd)),
  );
  const sorted = [...new Set([-REACH, REACH, ...breaks])].toSorted((a, b) => a - b);
  const chance = (z: number) =>
    others.reduce(
      (product, { mean, sd }) => product * normalCdf((own.mean + own.sd * z - mean) / sd),
      normalDensity(z),
    );
  let sum = 0;
  for (const [at, from] of sorted.slice(0, -1).entries()) {
    const width = ((sorted[at + 1] ?? from) - from) / PANELS;
    for (let panel = 0; panel < PANELS; panel += 1) {
      sum += integrate(chance, from + panel * width, from + (panel + 1) * width, ORDER);
    }
  }
  return sum;
}

/** Probability of each arm to be the best one, from independent normal posteriors. */
export function bestArmProbabilities(
  arms: readonly ArmPosterior[],
  lowerIsBetter = false,
): readonly number[] {
  const oriented = arms.map(({ mean, sd }) => ({ mean: lowerIsBetter ? -mean : mean, sd }));
  return oriented.map((_, index) => bestProbability(oriented, index));
}

/** Thompson weights: every arm keeps at least `floor`. */
export function banditWeights(probabilities: readonly number[], floor: number): readonly number[] {
  return probabilities.map((p) => floor + p * (1 - probabilities.length * floor));
}
