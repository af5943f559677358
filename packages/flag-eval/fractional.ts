import { isRecord, joinedText } from "./coercion.ts";
import { compileArgument, compileArguments } from "./logic.ts";
import type { Operator, Run } from "./logic.ts";
import { murmur3 } from "./murmur3.ts";

// Largest total the flagd schema allows.
const MAX_TOTAL = 2_147_483_647;
const HASH_RANGE = 4_294_967_296n;

/**
 * flagd's second bucketing formula, `(hash * total) >> 32`.
 *
 * @param hash  0 to 2^32 - 1
 * @param total 1 to 2^31 - 1
 * @returns     an integer from 0 to total - 1
 */
export function bucketOf(hash: number, total: number): number {
  return Number((BigInt(hash) * BigInt(total)) / HASH_RANGE);
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
  readonly variant: Run;
  readonly weight: number;
}

/** @returns null when an entry is no pair of a variant and a weight */
function readArms(
  entries: readonly unknown[],
  compiled: (variant: unknown, index: number) => Run,
): readonly Arm[] | null {
  const arms: Arm[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) return null;
    const weight = weightOf(entry);
    if (weight === null) return null;
    arms.push({ variant: compiled(entry[0], index), weight });
  }
  return arms;
}

/** The seed flagd makes up where none is given: the flag's key and the targeting key. */
const implicitSeed: Run = (_data, { root, flagKey }) => {
  const key = isRecord(root) ? root["targetingKey"] : undefined;
  return key === undefined || key === null || key === "" || key === false || key === 0
    ? null
    : flagKey + joinedText(key);
};

/** Weights are known: one hash and a few comparisons. */
function fixed(seed: Run, arms: readonly Arm[], fallback: Run, tail: boolean): Run {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0 || total > MAX_TOTAL) return () => null;
  let cumulative = 0;
  const thresholds = arms.map(({ weight }) => thresholdOf((cumulative += weight), total));
  const variants = arms.map(({ variant }) => variant);
  const splits = tail && arms.filter(({ weight }) => weight > 0).length > 1;
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

/** `fractional`: null, and so the default, whenever the split cannot be made. */
export const fractional: Operator = (values, scope) => {
  /** Everything computed when the flag is evaluated. */
  const compute = (): Run => {
    const runs = compileArguments(values, scope).map(({ run }) => run);
    return (data, frame) => {
      const given = runs.map((run) => run(data, frame));
      const [seed] = given;
      const explicit = typeof seed === "string";
      const entries = explicit ? given.slice(1) : given;
      const arms = readArms(entries, (variant) => () => variant);
      return arms === null || given.some((entry) => Array.isArray(entry) && isRecord(entry[0]))
        ? null
        : fixed(explicit ? () => seed : implicitSeed, arms, implicitSeed, scope.tail)(data, frame);
    };
  };
  const shorthand = Array.isArray(values[0]);
  const offset = shorthand ? 0 : 1;
  const arms = readArms(
    values.slice(offset),
    (variant, index) => compileArgument(variant, index + offset, scope).run,
  );
  if (arms === null) return compute();
  // Only a seed that turns out to be a list needs the slow way; most flags never compile it.
  let slow: Run | null = null;
  const fallback: Run = (data, frame) => (slow ??= compute())(data, frame);
  const seed = shorthand ? implicitSeed : compileArgument(values[0], 0, scope).run;
  return fixed(seed, arms, fallback, scope.tail);
};
