import { betaKernel, betaRegularized } from "./incomplete-beta.ts";
import { normalDensity, normalTail, normalTailQuantile } from "./normal.ts";
import { increasingRoot } from "./root.ts";

const EXPANSION_FROM = 2e4;

/** Hill's normal deviate of a t value (algorithm 396): the tails agree to full precision for large df. */
function hillDeviate(t: number, df: number): number {
  const a = df - 0.5;
  const b = 48 * a * a;
  const y = a * Math.log1p((t * t) / df);
  const inner = (((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b);
  return ((inner + y + 3) / b + 1) * Math.sqrt(y);
}

/** P(T > t) with df degrees of freedom: the upper tail itself. */
export function tTail(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  if (df === Infinity) return normalTail(t);
  if (t < 0) return 1 - tTail(-t, df);
  if (t === Infinity) return 0;
  if (df >= EXPANSION_FROM) return normalTail(hillDeviate(t, df));
  // Ratios, not t * t, so that neither a tiny nor a huge t leaves the range of numbers.
  const ratio = t / Math.sqrt(df);
  const x = ratio > 1e150 ? 0 : 1 / (1 + ratio * ratio);
  const y = ratio > 1e150 ? 1 : (ratio * ratio) / (1 + ratio * ratio);
  return y < 1e-300 ? 0.5 : 0.5 * betaRegularized(df / 2, 0.5, x, y);
}

/** P(T < t). */
export function tCdf(t: number, df: number): number {
  return tTail(-t, df);
}

/** Density times t, for t > 0. */
function densityTimesT(t: number, df: number): number {
  if (df >= EXPANSION_FROM) return normalDensity(hillDeviate(t, df)) * t;
  const squared = t * t;
  return betaKernel(df / 2, 0.5, df / (df + squared), squared / (df + squared));
}

/** The t with P(T > t) = p. */
export function tTailQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Infinity : p === 1 ? -Infinity : Number.NaN;
  if (df === Infinity) return normalTailQuantile(p);
  if (p === 0.5) return 0;
  if (p > 0.5) return -tTailQuantile(1 - p, df);
  const logP = Math.log(p);
  const z = normalTailQuantile(p);
  const guess = Math.min(z * z * Math.max(0, (1 + 2 / z / z) / (4 * df)), 20);
  const root = increasingRoot(
    (u) => {
      const t = Math.exp(u);
      const tail = tTail(t, df);
      if (tail === 0) return [1, 1];
      return [logP - Math.log(tail), densityTimesT(t, df) / tail];
    },
    Math.log(z) + guess,
  );
  return Math.exp(root);
}

/** The t with P(T < t) = p. */
export function tQuantile(p: number, df: number): number {
  return -tTailQuantile(p, df);
}
