import { sha1 } from "@noble/hashes/legacy.js";
import { text } from "@paceline/flag-eval";

import { items, numberOr, own, textOr } from "../reading.ts";
import { contextOf, keyOf, readReference, valueAt } from "./context.ts";

const encoder = new TextEncoder();
// 2^60 - 1, which is 2^60 as a number: the same division as in LaunchDarkly's JavaScript.
const RANGE = 2 ** 60;

/**
 * The first 15 hexadecimal digits of the SHA-1 of `prefix.value` as a share.
 *
 * @returns 0 to 1
 */
export function shareOf(prefix: string, value: string): number {
  const digits = Array.from(sha1(encoder.encode(`${prefix}.${value}`)).subarray(0, 8), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return Number.parseInt(digits.slice(0, 15), 16) / RANGE;
}

/** Where a rollout hashes: by seed, or by the key and salt of its flag or segment. */
export interface Bucketing {
  readonly kind: unknown;
  readonly by: unknown;
  readonly seed: unknown;
  readonly key: string;
  readonly salt: string;
}

/** A share; `found` says whether the context has the kind. Null when the attribute is unreadable. */
export function bucketIn(
  root: unknown,
  { kind, by, seed, key, salt }: Bucketing,
): { readonly share: number; readonly found: boolean } | null {
  const reference = readReference(textOr(by, "") || "key", !kind);
  if (reference === null) return null;
  const context = contextOf(root, kind);
  if (context === null) return { share: 0, found: false };
  const value = reference[0] === "key" ? keyOf(context) : valueAt(context, reference);
  const hashed = typeof value === "string" || Number.isInteger(value) ? text(value) : null;
  const prefix = typeof seed === "number" ? String(seed) : `${key}.${salt}`;
  return { share: hashed === null ? 0 : shareOf(prefix, hashed), found: true };
}

export interface Allotted {
  readonly variation: number;
  readonly inExperiment: boolean;
}

/** The variation of a rollout or experiment; null for one that is malformed. */
export function rolledOut(
  root: unknown,
  rollout: unknown,
  key: string,
  salt: string,
): Allotted | null {
  const variations = items(own(rollout, "variations"));
  const last = variations.at(-1);
  if (last === undefined) return null;
  const experiment = own(rollout, "kind") === "experiment";
  const bucket = bucketIn(root, {
    kind: own(rollout, "contextKind"),
    // An experiment hashes the key, whatever it says.
    by: experiment ? "key" : own(rollout, "bucketBy"),
    seed: own(rollout, "seed"),
    key,
    salt,
  });
  if (bucket === null) return null;
  let reached = 0;
  const chosen =
    variations.find((one) => {
      reached += numberOr(own(one, "weight"), 0) / 100_000;
      return bucket.share < reached;
    }) ?? last;
  return {
    variation: numberOr(own(chosen, "variation"), -1),
    inExperiment: experiment && bucket.found && own(chosen, "untracked") !== true,
  };
}
