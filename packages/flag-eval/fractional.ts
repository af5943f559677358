import { isRecord, joinedText, text } from "./coercion.ts";
import { compileArgument, compileArguments } from "./logic.ts";
import type { Frame, Operator, Run, Scope } from "./logic.ts";
import { murmur3 } from "./murmur3.ts";

// Largest total the flagd schema allows.
const MAX_TOTAL = 2_147_483_647;
const HASH_RANGE = 4_294_967_296n;

/**
 * flagd's second bucketing formula, `(hash * total) >> 32`, exact without big integers.
 *
 * @param hash  0 to 2^32 - 1
 * @param total 1 to 2^31 - 1
 * @returns     an integer from 0 to total - 1
 */
export function bucketOf(hash: number, total: number): number {
  const high = Math.floor(hash / 65_536) * total;
  const low = Math.floor(((hash % 65_536) * total) / 65_536);
  return Math.floor((high + low) / 65_536);
}

/**
 * The smallest hash that lies beyond `cumulative` of `total`: comparing with it picks the same
 * bucket as `bucketOf`, without a multiplication.
 */
export function thresholdOf(cumulative: number, total: number): number {
  return Number((BigInt(cumulative) * HASH_RANGE + BigInt(total) - 1n) / BigInt(total));
}

/** A weight as flagd reads it: absent is 1, negative is 0, null when it is not an integer. */
function weightOf(entry: readonly unknown[]): number | null {
  if (entry.length < 2) return 1;
  const [, weight] = entry;
  return typeof weight === "number" && Number.isInteger(weight) ? Math.max(0, weight) : null;
}

interface Arm {
  readonly variant: unknown;
  readonly weight: number;
}

function readArms(entries: readonly unknown[]): readonly Arm[] | null {
  const arms: Arm[] = [];
  let total = 0;
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) return null;
    const weight = weightOf(entry);
    if (weight === null || isRecord(entry[0])) return null;
    total += weight;
    arms.push({ variant: entry[0] ?? null, weight });
  }
  return total > MAX_TOTAL ? null : arms;
}

/** The seed flagd makes up where none is given: the flag's key and the targeting key. */
function implicitSeed(frame: Frame): string | null {
  const key = isRecord(frame.root) ? frame.root["targetingKey"] : undefined;
  return key === undefined || key === null || key === "" || key === false || key === 0
    ? null
    : frame.flagKey + joinedText(key);
}

function split(frame: Frame, tail: boolean, arms: readonly { readonly weight: number }[]): void {
  if (tail && arms.filter(({ weight }) => weight > 0).length > 1) frame.split = true;
}

/** Weights known when the flag is compiled: one hash and a few comparisons. */
function fixed(
  seed: (data: unknown, frame: Frame) => unknown,
  variants: readonly Run[],
  weights: readonly number[],
  fallback: Run,
  tail: boolean,
): Run {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0 || total > MAX_TOTAL) return () => null;
  let cumulative = 0;
  const thresholds = weights.map((weight) => thresholdOf((cumulative += weight), total));
  const splits = tail && weights.filter((weight) => weight > 0).length > 1;
  return (data, frame) => {
    const text = seed(data, frame);
    if (typeof text !== "string") return Array.isArray(text) ? fallback(data, frame) : null;
    const hash = murmur3(text);
    for (let index = 0; index < thresholds.length; index += 1) {
      if (hash < (thresholds[index] ?? 0)) {
        if (splits) frame.split = true;
        const variant = variants[index]?.(data, frame) ?? null;
        return isRecord(variant) ? null : variant;
      }
    }
    return null;
  };
}

/** Everything computed when the flag is evaluated. */
function computed(runs: readonly Run[], tail: boolean): Run {
  return (data, frame) => {
    const values = runs.map((run) => run(data, frame));
    const explicit = typeof values[0] === "string";
    const seed = explicit ? text(values[0]) : implicitSeed(frame);
    const arms = readArms(explicit ? values.slice(1) : values);
    if (seed === null || arms === null) return null;
    const total = arms.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return null;
    const bucket = bucketOf(murmur3(seed), total);
    let cumulative = 0;
    for (const { variant, weight } of arms) {
      cumulative += weight;
      if (bucket < cumulative) {
        split(frame, tail, arms);
        return variant;
      }
    }
    return null;
  };
}

/** The arms of `values` when all of their weights are written as numbers, else null. */
function fixedArms(
  values: readonly unknown[],
  offset: number,
  scope: Scope,
): { readonly variants: readonly Run[]; readonly weights: readonly number[] } | null {
  const variants: Run[] = [];
  const weights: number[] = [];
  for (const [index, entry] of values.slice(offset).entries()) {
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) return null;
    const weight = weightOf(entry);
    if (weight === null) return null;
    weights.push(weight);
    variants.push(compileArgument(entry[0], index + offset, scope).run);
  }
  return { variants, weights };
}

/** `fractional`: null, and so the default, whenever the split cannot be made. */
export const fractional: Operator = (values, scope) => {
  const tail = scope.tail;
  const compute = (): Run =>
    computed(
      compileArguments(values, scope).map(({ run }) => run),
      tail,
    );
  const shorthand = Array.isArray(values[0]);
  const arms = fixedArms(values, shorthand ? 0 : 1, scope);
  if (arms === null) return compute();
  // Only a seed that turns out to be a list needs the slow way; most flags never compile it.
  let slow: Run | null = null;
  const fallback: Run = (data, frame) => (slow ??= compute())(data, frame);
  const seed = shorthand
    ? (_data: unknown, frame: Frame): unknown => implicitSeed(frame)
    : compileArgument(values[0], 0, scope).run;
  return fixed(seed, arms.variants, arms.weights, fallback, tail);
};
