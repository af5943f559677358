import { proportionEstimate } from "./arm-estimate.ts";
import { compareArms } from "./comparison.ts";
import type { Alternative, Comparison, ComparisonOptions } from "./comparison.ts";
import { fisherP } from "./fisher.ts";
import { normalTail, normalTailQuantile } from "./normal.ts";
import type { NotComputable } from "./not-computable.ts";

/** Units and how many of them converted. */
export interface ArmCounts {
  readonly n: number;
  readonly x: number;
}

type Interval = readonly [number, number];

/** Two conversion rates, each 0 to 1, compared in every usual way; effects are b minus a. */
export interface ProportionComparison {
  readonly pA: number;
  readonly pB: number;
  /** Wilson's score intervals of the arms, two-sided. */
  readonly wilsonA: Interval;
  readonly wilsonB: Interval;
  /** Newcombe's interval of the difference, two-sided: sound with no conversions at all. */
  readonly newcombe: Interval;
  /** Pooled z test; null where no unit or every unit converted. */
  readonly pooled: { readonly z: number; readonly p: number } | null;
  readonly fisherP: number;
  readonly welch: Comparison | NotComputable;
  /** Katz's log interval of the relative change, two-sided; null where an arm has no conversion. */
  readonly katz: Interval | null;
}

/** Wilson's score interval. */
export function wilsonInterval({ n, x }: ArmCounts, z: number): Interval {
  const squared = z * z;
  const denominator = n + squared;
  const spread = z * Math.sqrt((x * (n - x)) / n + squared / 4);
  return [
    x === 0 ? 0 : (x + squared / 2 - spread) / denominator,
    x === n ? 1 : (x + squared / 2 + spread) / denominator,
  ];
}

/** Newcombe's hybrid score interval of p_b - p_a. */
export function newcombeInterval(a: ArmCounts, b: ArmCounts, z: number): Interval {
  const pA = a.x / a.n;
  const pB = b.x / b.n;
  const [lowA, highA] = wilsonInterval(a, z);
  const [lowB, highB] = wilsonInterval(b, z);
  return [pB - pA - Math.hypot(pB - lowB, highA - pA), pB - pA + Math.hypot(highB - pB, pA - lowA)];
}

function normalP(z: number, alternative: Alternative): number {
  if (alternative === "two-sided") return Math.min(1, 2 * normalTail(Math.abs(z)));
  return normalTail(alternative === "greater" ? z : -z);
}

function pooledTest(a: ArmCounts, b: ArmCounts, alternative: Alternative) {
  const pooled = (a.x + b.x) / (a.n + b.n);
  const se = Math.sqrt(pooled * (1 - pooled) * (1 / a.n + 1 / b.n));
  if (!(se > 0)) return null;
  const z = (b.x / b.n - a.x / a.n) / se;
  return { z, p: normalP(z, alternative) };
}

function katzInterval(a: ArmCounts, b: ArmCounts, z: number): Interval | null {
  if (a.x === 0 || b.x === 0) return null;
  const se = Math.sqrt((a.n - a.x) / (a.x * a.n) + (b.n - b.x) / (b.x * b.n));
  if (!(se > 0)) return null;
  const centre = Math.log(b.x / b.n) - Math.log(a.x / a.n);
  return [Math.expm1(centre - z * se), Math.expm1(centre + z * se)];
}

/** Every common answer about two proportions; Welch's is the one that decides. */
export function compareProportions(
  a: ArmCounts,
  b: ArmCounts,
  options: ComparisonOptions,
): ProportionComparison | NotComputable {
  if (a.n < 2 || b.n < 2) return { undefined: "n_below_2" };
  const alternative = options.alternative ?? "two-sided";
  const z = normalTailQuantile(options.alpha / 2);
  return {
    pA: a.x / a.n,
    pB: b.x / b.n,
    wilsonA: wilsonInterval(a, z),
    wilsonB: wilsonInterval(b, z),
    newcombe: newcombeInterval(a, b, z),
    pooled: pooledTest(a, b, alternative),
    fisherP: fisherP(a, b, alternative),
    welch: compareArms(proportionEstimate(a.n, a.x), proportionEstimate(b.n, b.x), options),
    katz: katzInterval(a, b, z),
  };
}
