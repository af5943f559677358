/** Sufficient statistics of one variable: mergeable, and exact where raw sums of squares cancel. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly m2: number;
}

/** Sufficient statistics of two variables of the same units. */
export interface PairSummary {
  readonly n: number;
  readonly x: { readonly mean: number; readonly m2: number };
  readonly y: { readonly mean: number; readonly m2: number };
  /** Sum of products of the deviations of x and y. */
  readonly comoment: number;
}

export const EMPTY_SUMMARY: Summary = { n: 0, mean: 0, m2: 0 };

/** Welford's pass over values. */
export function summarize(values: Iterable<number>): Summary {
  let n = 0;
  let mean = 0;
  let m2 = 0;
  for (const value of values) {
    n += 1;
    const deviation = value - mean;
    mean += deviation / n;
    m2 += deviation * (value - mean);
  }
  return { n, mean, m2 };
}

/** Chan's merge: the summary of both sets of units together. */
export function mergeSummaries(a: Summary, b: Summary): Summary {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const difference = b.mean - a.mean;
  return {
    n,
    mean: a.mean + (difference * b.n) / n,
    m2: a.m2 + b.m2 + difference * difference * ((a.n * b.n) / n),
  };
}

/** Chan's merge for pairs. */
export function mergePairSummaries(a: PairSummary, b: PairSummary): PairSummary {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const x = mergeSummaries({ n: a.n, ...a.x }, { n: b.n, ...b.x });
  const y = mergeSummaries({ n: a.n, ...a.y }, { n: b.n, ...b.y });
  const cross = (b.x.mean - a.x.mean) * (b.y.mean - a.y.mean) * ((a.n * b.n) / x.n);
  return {
    n: x.n,
    x: { mean: x.mean, m2: x.m2 },
    y: { mean: y.mean, m2: y.m2 },
    comoment: a.comoment + b.comoment + cross,
  };
}

/** Centres a sum of products; what is no more than rounding counts as zero. */
function centred(products: number, sumX: number, sumY: number, n: number): number {
  const value = products - (sumX * sumY) / n;
  return Math.abs(value) <= 4 * Number.EPSILON * Math.abs(products) ? 0 : value;
}

/** From raw sums, as other tools keep them; loses digits where the mean is far above the deviation. */
export function summaryFromSums(n: number, sum: number, sumOfSquares: number): Summary {
  if (n === 0) return EMPTY_SUMMARY;
  return { n, mean: sum / n, m2: Math.max(0, centred(sumOfSquares, sum, sum, n)) };
}

/** Raw sums of two variables of the same units. */
export interface PairSums {
  readonly n: number;
  readonly sumX: number;
  readonly sumXX: number;
  readonly sumY: number;
  readonly sumYY: number;
  readonly sumXY: number;
}

/** From raw sums of two variables. */
export function pairSummaryFromSums(sums: PairSums): PairSummary {
  const { n, sumX, sumXX, sumY, sumYY, sumXY } = sums;
  const x = summaryFromSums(n, sumX, sumXX);
  const y = summaryFromSums(n, sumY, sumYY);
  return {
    n,
    x: { mean: x.mean, m2: x.m2 },
    y: { mean: y.mean, m2: y.m2 },
    comoment: n === 0 ? 0 : centred(sumXY, sumX, sumY, n),
  };
}

/** Unbiased sample variance; 0 below two units. */
export function varianceOf({ n, m2 }: Summary): number {
  return n < 2 ? 0 : m2 / (n - 1);
}
