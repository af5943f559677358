/**
 * Centred sums of a per-unit value, and of a ratio's numerator and denominator. Unlike raw sums of
 * squares they lose no digits to cancellation, and two disjoint sets of units still add up.
 */
export interface Moments {
  /** Units. */
  readonly n: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean; the sample variance is `m2 / (n - 1)`. */
  readonly m2: number;
  /** Only ratio metrics have a denominator. */
  readonly denominator: {
    readonly mean: number;
    readonly m2: number;
    /** Sum of products of the two deviations; the sample covariance is `coMoment / (n - 1)`. */
    readonly coMoment: number;
  } | null;
}

/**
 * The moments of two disjoint sets of units together.
 *
 * @see Chan, Golub, LeVeque (1979), Updating formulae and a pairwise algorithm
 */
export function addMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const weight = (a.n * b.n) / n;
  const delta = b.mean - a.mean;
  const mean = a.mean + delta * (b.n / n);
  const m2 = a.m2 + b.m2 + delta * delta * weight;
  if (a.denominator === null || b.denominator === null) return { n, mean, m2, denominator: null };
  const deltaX = b.denominator.mean - a.denominator.mean;
  return {
    n,
    mean,
    m2,
    denominator: {
      mean: a.denominator.mean + deltaX * (b.n / n),
      m2: a.denominator.m2 + b.denominator.m2 + deltaX * deltaX * weight,
      coMoment: a.denominator.coMoment + b.denominator.coMoment + delta * deltaX * weight,
    },
  };
}
