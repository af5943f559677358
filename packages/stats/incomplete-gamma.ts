import { deviance, stirlingError } from "./log-gamma.ts";

const MAX_TERMS = 200_000;
const TINY = 1e-300;

/** `x^a e^-x / Gamma(a + 1)` by Loader's saddle point. */
function poissonMass(a: number, x: number): number {
  return Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a);
}

function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < MAX_TERMS; k += 1) {
    term *= x / (a + k);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return poissonMass(a, x) * sum;
}

/** Lentz's continued fraction of the upper tail. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < MAX_TERMS; i += 1) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / (numerator * d + b || TINY);
    c = b + numerator / c || TINY;
    const step = c * d;
    value *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return poissonMass(a, x) * a * value;
}

/** Regularized lower incomplete gamma P(a, x), a > 0. */
export function gammaLower(a: number, x: number): number {
  if (!(x > 0)) return x <= 0 ? 0 : Number.NaN;
  if (x === Infinity) return 1;
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** Regularized upper incomplete gamma Q(a, x), a > 0; the far tail keeps its digits. */
export function gammaUpper(a: number, x: number): number {
  if (!(x > 0)) return x <= 0 ? 1 : Number.NaN;
  if (x === Infinity) return 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

/** Density of the gamma distribution with shape a, times x. */
export function gammaDensityTimesX(a: number, x: number): number {
  return a * poissonMass(a, x);
}
