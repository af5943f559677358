import { increasingRoot } from "./root.ts";

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);
const SERIES_BELOW = 2.5;

/** Density of the standard normal distribution. */
export function normalDensity(x: number): number {
  // exp(-x^2/2) of a far tail: the square is split so that its rounding does not become an error.
  const head = Math.trunc(x * 16) / 16;
  const rest = (x - head) * (x + head);
  return (Math.exp((-head * head) / 2) * Math.exp(-rest / 2)) / SQRT_TWO_PI;
}

/** P(0 < Z < x). */
function centralSeries(x: number): number {
  const squared = x * x;
  let term = x;
  let sum = x;
  for (let k = 1; k < 300; k += 1) {
    term *= squared / (2 * k + 1);
    sum += term;
    if (Math.abs(term) < Math.abs(sum) * 1e-17) break;
  }
  return normalDensity(x) * sum;
}

/** Mills' ratio `P(Z > x) / density(x)` for x of at least SERIES_BELOW, by continued fraction. */
function millsRatio(x: number): number {
  const depth = Math.ceil(20 + 700 / (x * x));
  let value = x;
  for (let k = depth; k >= 1; k -= 1) value = x + k / value;
  return 1 / value;
}

/** P(Z > x): the upper tail itself, exact to its last digits down to 1e-300. */
export function normalTail(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return x > -SERIES_BELOW ? 0.5 + centralSeries(-x) : 1 - normalTail(-x);
  if (x < SERIES_BELOW) return 0.5 - centralSeries(x);
  return x > 40 ? 0 : normalDensity(x) * millsRatio(x);
}

/** Mean of how far Z lies above x, where it does: `density(x) - x P(Z > x)`. */
export function expectedExcess(x: number): number {
  if (x < SERIES_BELOW) return normalDensity(x) - x * normalTail(x);
  // The first step of the same continued fraction, so that the difference never has to be taken.
  const next = 1 / millsRatio(x) - x;
  return x > 40 ? 0 : (normalDensity(x) * next) / (x + next);
}

/** P(Z < x). */
export function normalCdf(x: number): number {
  return normalTail(-x);
}

/** Complementary error function. */
export function erfc(x: number): number {
  return 2 * normalTail(x * Math.SQRT2);
}

/** The x with P(Z > x) = p. */
export function normalTailQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Infinity : p === 1 ? -Infinity : Number.NaN;
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalTailQuantile(1 - p);
  const logP = Math.log(p);
  const r = Math.sqrt(-2 * logP);
  const start = r - (2.30753 + 0.27061 * r) / (1 + r * (0.99229 + 0.04481 * r));
  return increasingRoot((x) => {
    const tail = normalTail(x);
    if (tail === 0) return [1, 1 / x];
    return [logP - Math.log(tail), normalDensity(x) / tail];
  }, start);
}

/** The x with P(Z < x) = p. */
export function normalQuantile(p: number): number {
  return -normalTailQuantile(p);
}
