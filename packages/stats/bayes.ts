import { betaQuantile } from "./distributions.ts";
import { integrate } from "./gauss-legendre.ts";
import { betaKernel, betaRegularized } from "./incomplete-beta.ts";
import { expectedExcess, normalTail, normalTailQuantile } from "./normal.ts";

/** Shown beside the verdict, never deciding: probability that the treatment is better, and regret. */
export interface Belief {
  readonly chanceToWin: number;
  /** What is lost on average by choosing this arm, where the other one is better. */
  readonly expectedLossChooseTreatment: number;
  readonly expectedLossChooseControl: number;
}

/** A normal posterior of the effect, in its unit, with its credible interval. */
export interface NormalBelief extends Belief {
  readonly mean: number;
  readonly sd: number;
  readonly interval: readonly [number, number];
}

/** Normal posterior of an effect; `prior` null is flat. */
export function normalBelief(input: {
  readonly effect: number;
  readonly se: number;
  readonly prior: { readonly mean: number; readonly sd: number } | null;
  readonly lowerIsBetter: boolean;
  readonly alpha: number;
}): NormalBelief {
  const { effect, se, prior, lowerIsBetter, alpha } = input;
  const own = 1 / (se * se);
  const before = prior === null ? 0 : 1 / (prior.sd * prior.sd);
  const mean = (effect * own + (prior?.mean ?? 0) * before) / (own + before);
  const sd = 1 / Math.sqrt(own + before);
  const oriented = lowerIsBetter ? -mean : mean;
  const halfwidth = normalTailQuantile(alpha / 2) * sd;
  return {
    mean,
    sd,
    interval: [mean - halfwidth, mean + halfwidth],
    chanceToWin: normalTail(-oriented / sd),
    expectedLossChooseTreatment: sd * expectedExcess(oriented / sd),
    expectedLossChooseControl: sd * expectedExcess(-oriented / sd),
  };
}

interface Shape {
  readonly a: number;
  readonly b: number;
}

const NEGLIGIBLE = 1e-18;
const PANELS = 16;
const ORDER = 20;

/** Ends of all but a negligible part of a beta distribution, as log odds. */
function extent({ a, b }: Shape): readonly [number, number] {
  const low = betaQuantile(NEGLIGIBLE, a, b);
  const high = betaQuantile(NEGLIGIBLE, b, a);
  return [Math.log(low) - Math.log1p(-low), Math.log1p(-high) - Math.log(high)];
}

/** Integral over log odds, in panels between the ends of what is integrated. */
function overLogOdds(
  points: readonly number[],
  evaluate: (x: number, y: number) => number,
): number {
  const sorted = points.toSorted((left, right) => left - right);
  let sum = 0;
  for (const [at, from] of sorted.slice(0, -1).entries()) {
    const width = ((sorted[at + 1] ?? from) - from) / PANELS;
    for (let panel = 0; width > 0 && panel < PANELS; panel += 1) {
      const start = from + panel * width;
      const inOdds = (u: number) => evaluate(1 / (1 + Math.exp(-u)), 1 / (1 + Math.exp(u)));
      sum += integrate(inOdds, start, start + width, ORDER);
    }
  }
  return sum;
}

/** Mean of how far `better` lies above `worse`, where it does. */
function expectedGain(better: Shape, worse: Shape, points: readonly number[]): number {
  return overLogOdds(
    points,
    (x, y) =>
      x * y * betaRegularized(worse.a, worse.b, x, y) * betaRegularized(better.b, better.a, y, x),
  );
}

/** Beta posteriors of two proportions: a control, b treatment. */
export function betaBelief(a: Shape, b: Shape): Belief {
  const points = [...extent(a), ...extent(b)];
  const wins = (of: Shape, over: Shape) =>
    overLogOdds(
      points,
      (x, y) => betaKernel(over.a, over.b, x, y) * betaRegularized(of.b, of.a, y, x),
    );
  const mean = ({ a: up, b: down }: Shape) => up / (up + down);
  return {
    chanceToWin: mean(b) >= mean(a) ? 1 - wins(a, b) : wins(b, a),
    expectedLossChooseTreatment: expectedGain(a, b, points),
    expectedLossChooseControl: expectedGain(b, a, points),
  };
}
