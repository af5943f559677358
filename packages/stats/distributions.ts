import { betaKernel, betaRegularized } from "./incomplete-beta.ts";
import { gammaDensityTimesX, gammaLower, gammaUpper } from "./incomplete-gamma.ts";
import { increasingRoot } from "./root.ts";

function edge(p: number, atZero: number, atOne: number): number {
  return p === 0 ? atZero : p === 1 ? atOne : Number.NaN;
}

/** P(X > x) of the chi-square distribution. */
export function chiSquareTail(x: number, df: number): number {
  return gammaUpper(df / 2, x / 2);
}

/** P(X < x) of the chi-square distribution. */
export function chiSquareCdf(x: number, df: number): number {
  return gammaLower(df / 2, x / 2);
}

function chiSquareRoot(tail: number, df: number, upper: boolean): number {
  const target = Math.log(tail);
  const root = increasingRoot((u) => {
    const x = Math.exp(u);
    const reached = upper ? chiSquareTail(x, df) : chiSquareCdf(x, df);
    if (reached === 0) return upper ? [1, 1] : [-1, 1];
    const slope = gammaDensityTimesX(df / 2, x / 2) / reached;
    return [upper ? target - Math.log(reached) : Math.log(reached) - target, slope];
  }, Math.log(df));
  return Math.exp(root);
}

/** The x with P(X > x) = p of the chi-square distribution. */
export function chiSquareTailQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) return edge(p, Infinity, 0);
  return p <= 0.5 ? chiSquareRoot(p, df, true) : chiSquareRoot(1 - p, df, false);
}

/** The x with P(X < x) = p of the chi-square distribution. */
export function chiSquareQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) return edge(p, 0, Infinity);
  return p <= 0.5 ? chiSquareRoot(p, df, false) : chiSquareRoot(1 - p, df, true);
}

/** P(X < x) of the beta distribution. */
export function betaCdf(x: number, a: number, b: number): number {
  return betaRegularized(a, b, x, 1 - x);
}

/** P(X > x) of the beta distribution. */
export function betaTail(x: number, a: number, b: number): number {
  return betaRegularized(b, a, 1 - x, x);
}

/** The x with P(X < x) = p of the beta distribution. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p > 0 && p < 1)) return edge(p, 0, 1);
  const below = betaCdf(a / (a + b), a, b);
  // The smaller tail keeps its digits: solve for it.
  const lower = p <= below;
  const target = Math.log(lower ? p : 1 - p);
  const root = increasingRoot(
    (u) => {
      const x = 1 / (1 + Math.exp(-u));
      const y = 1 / (1 + Math.exp(u));
      const reached = lower ? betaRegularized(a, b, x, y) : betaRegularized(b, a, y, x);
      if (reached === 0) return lower ? [-1, 1] : [1, 1];
      const value = Math.log(reached) - target;
      return [lower ? value : -value, betaKernel(a, b, x, y) / reached];
    },
    Math.log(a / b),
  );
  return 1 / (1 + Math.exp(-root));
}

/** P(X <= k) of the binomial distribution. */
export function binomialCdf(k: number, n: number, p: number): number {
  const whole = Math.floor(k);
  if (whole < 0) return 0;
  if (whole >= n) return 1;
  return betaRegularized(n - whole, whole + 1, 1 - p, p);
}

/** P(X > k) of the binomial distribution. */
export function binomialTail(k: number, n: number, p: number): number {
  const whole = Math.floor(k);
  if (whole < 0) return 1;
  if (whole >= n) return 0;
  return betaRegularized(whole + 1, n - whole, p, 1 - p);
}
