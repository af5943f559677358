import { deviance, stirlingError } from "./log-gamma.ts";

const MAX_TERMS = 200_000;
const TINY = 1e-300;

/** `x^a y^b / B(a, b)` with y = 1 - x, by Loader's saddle point: exact for huge a and b. */
export function betaKernel(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const exponent =
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b) -
    deviance(a, n * x) -
    deviance(b, n * y);
  return Math.exp(exponent) * Math.sqrt((a * b) / (2 * Math.PI * n));
}

function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || TINY);
  let value = d;
  for (let m = 1; m < MAX_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || TINY);
    c = 1 + even / c || TINY;
    value *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || TINY);
    c = 1 + odd / c || TINY;
    const step = c * d;
    value *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return value;
}

/**
 * Regularized incomplete beta I_x(a, b). `y` is 1 - x, given apart so that neither end loses digits;
 * the upper tail is `betaRegularized(b, a, y, x)`.
 */
export function betaRegularized(a: number, b: number, x: number, y: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const kernel = betaKernel(a, b, x, y);
  if (x <= (a + 1) / (a + b + 2)) return (kernel * fraction(a, b, x)) / a;
  return 1 - (kernel * fraction(b, a, y)) / b;
}
