const MAX_STEPS = 200;

/**
 * Root of an increasing function by Newton's method inside a bracket that bisection keeps shrinking.
 *
 * @param evaluate value and slope at a point
 * @param start first guess
 */
export function increasingRoot(
  evaluate: (x: number) => readonly [value: number, slope: number],
  start: number,
): number {
  let low = -Infinity;
  let high = Infinity;
  let x = start;
  let reach = 1;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const [value, slope] = evaluate(x);
    if (value === 0 || Number.isNaN(value)) return x;
    if (value < 0) low = x;
    else high = x;
    let next = x - value / slope;
    if (!(next > low && next < high) || Math.abs(next - x) > 50) {
      reach *= 2;
      if (low === -Infinity) next = high - reach;
      else if (high === Infinity) next = low + reach;
      else next = low + (high - low) / 2;
    }
    if (Math.abs(next - x) <= 1e-16 * Math.max(1, Math.abs(next)) || next === x) return next;
    x = next;
  }
  return x;
}

/** Root of a continuous function between two points of opposite sign, by Brent's method. */
export function brentRoot(
  evaluate: (x: number) => number,
  from: number,
  to: number,
  tolerance = 1e-13,
): number {
  let [a, b] = [from, to];
  let [fa, fb] = [evaluate(a), evaluate(b)];
  let [c, fc] = [a, fa];
  let step = b - a;
  let before = step;
  for (let count = 0; count < MAX_STEPS && fb !== 0; count += 1) {
    if (fb > 0 === fc > 0) {
      [c, fc] = [a, fa];
      step = b - a;
      before = step;
    }
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, b, c] = [b, c, b];
      [fa, fb, fc] = [fb, fc, fb];
    }
    const least = 2 * Number.EPSILON * Math.abs(b) + tolerance / 2;
    const middle = (c - b) / 2;
    if (Math.abs(middle) <= least) break;
    const proposal = interpolated([a, fa], [b, fb], [c, fc]);
    if (
      Math.abs(before) >= least &&
      Math.abs(fa) > Math.abs(fb) &&
      proposal / middle > 0 &&
      Math.abs(proposal) < Math.min(1.5 * Math.abs(middle), Math.abs(before) / 2)
    ) {
      before = step;
      step = proposal;
    } else {
      step = middle;
      before = middle;
    }
    [a, fa] = [b, fb];
    b += Math.abs(step) > least ? step : Math.sign(middle) * least;
    fb = evaluate(b);
  }
  return b;
}

type Point = readonly [x: number, value: number];

/** The step from b to the root of the secant or the inverse parabola through the points. */
function interpolated([a, fa]: Point, [b, fb]: Point, [c, fc]: Point): number {
  const s = fb / fa;
  if (a === c) return ((c - b) * s) / (1 - s);
  const q = fa / fc;
  const r = fb / fc;
  const numerator = s * ((c - b) * q * (q - r) - (b - a) * (r - 1));
  return -numerator / ((q - 1) * (r - 1) * (s - 1));
}
