const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;
const SERIES_FROM = 15;

/**
 * What Stirling's formula leaves out: `log(x!) - ((x + 1/2) log x - x + log(2 pi) / 2)`, for x > 0.
 * Kept apart because it is small where log-gamma is huge, so ratios of gammas lose no digits.
 */
export function stirlingError(x: number): number {
  let shifted = x;
  let correction = 0;
  while (shifted < SERIES_FROM) {
    correction += (shifted + 0.5) * Math.log1p(1 / shifted) - 1;
    shifted += 1;
  }
  const squared = shifted * shifted;
  const series =
    1 / 12 -
    (1 / 360 -
      (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 / squared) / squared) / squared) / squared) /
      squared;
  return correction + series / shifted;
}

/** Natural logarithm of the gamma function, for x > 0. */
export function logGamma(x: number): number {
  return stirlingError(x) + (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI;
}

/** Natural logarithm of the beta function, for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return (
    stirlingError(a) -
    stirlingError(a + b) +
    stirlingError(b) +
    HALF_LOG_TWO_PI +
    (a - 0.5) * -Math.log1p(b / a) +
    b * (Math.log(b) - Math.log(a + b)) -
    0.5 * Math.log(b)
  );
}

/** Loader's deviance `x log(x / m) + m - x`, without cancellation where x is near m. */
export function deviance(x: number, m: number): number {
  const difference = x - m;
  if (Math.abs(difference) >= 0.1 * (x + m)) return x * Math.log(x / m) + m - x;
  const v = difference / (x + m);
  let sum = difference * v;
  let power = 2 * x * v;
  for (let j = 1; j < 1000; j += 1) {
    power *= v * v;
    const next = sum + power / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
