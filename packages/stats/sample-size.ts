import { normalTail, normalTailQuantile } from "./normal.ts";

/** How often a test may err: alpha under no effect, 1 - power under the assumed one; both between 0 and 1. */
export interface PowerTarget {
  readonly alpha: number;
  readonly power: number;
  readonly sides: 1 | 2;
}

/** Units that a comparison needs; whole numbers are rounded up. */
export interface SampleSize {
  readonly exactA: number;
  readonly a: number;
  readonly b: number;
}

/** Quantile of the test plus quantile of the power: what every sample size formula shares. */
export function quantileSum({ alpha, power, sides }: PowerTarget): number {
  return normalTailQuantile(alpha / sides) + normalTailQuantile(1 - power);
}

function rounded(exactA: number, ratio: number): SampleSize {
  return { exactA, a: Math.ceil(exactA), b: Math.ceil(exactA * ratio) };
}

/** For a mean with the same deviation in both arms; `ratio` is treatment units per control unit. */
export function sampleSizeForMean(
  input: PowerTarget & { readonly sd: number; readonly delta: number; readonly ratio?: number },
): SampleSize {
  const ratio = input.ratio ?? 1;
  const variance = input.sd ** 2 * (1 + 1 / ratio);
  return rounded((quantileSum(input) / input.delta) ** 2 * variance, ratio);
}

/** For two proportions by the normal approximation. */
export function sampleSizeForProportion(
  input: PowerTarget & {
    readonly p1: number;
    readonly p2: number;
    readonly ratio?: number;
    /** Variance under the null hypothesis: of the pooled proportion, or of each. */
    readonly variance?: "pooled" | "unpooled";
  },
): SampleSize {
  const { p1, p2, alpha, power, sides, ratio = 1 } = input;
  const difference = p2 - p1;
  const separate = p1 * (1 - p1) + (p2 * (1 - p2)) / ratio;
  if (input.variance !== "pooled") {
    return rounded((quantileSum(input) / difference) ** 2 * separate, ratio);
  }
  const pooled = (p1 + ratio * p2) / (1 + ratio);
  const together = pooled * (1 - pooled) * (1 + 1 / ratio);
  const sum =
    normalTailQuantile(alpha / sides) * Math.sqrt(together) +
    normalTailQuantile(1 - power) * Math.sqrt(separate);
  return rounded((sum / difference) ** 2, ratio);
}

/** To show that p2 is not below p1 by more than `margin`, where the truth is p2 - p1. */
export function sampleSizeForNonInferiority(
  input: PowerTarget & {
    readonly p1: number;
    readonly p2: number;
    readonly margin: number;
    readonly ratio?: number;
  },
): SampleSize {
  const { p1, p2, margin, ratio = 1 } = input;
  const variance = p1 * (1 - p1) + (p2 * (1 - p2)) / ratio;
  return rounded((quantileSum(input) / (p2 - p1 + margin)) ** 2 * variance, ratio);
}

/** The smallest difference of means that the given units can detect. */
export function minimumDetectableEffect(
  input: PowerTarget & { readonly sd: number; readonly nA: number; readonly nB: number },
): number {
  return quantileSum(input) * input.sd * Math.sqrt(1 / input.nA + 1 / input.nB);
}

/** Power of a z test at a true effect; the two-sided one counts both sides. */
export function powerAt(input: {
  readonly se: number;
  readonly delta: number;
  readonly alpha: number;
  readonly sides: 1 | 2;
}): number {
  const critical = normalTailQuantile(input.alpha / input.sides);
  const shift = input.delta / input.se;
  const wanted = normalTail(critical - shift);
  return input.sides === 1 ? wanted : wanted + normalTail(critical + shift);
}
