import { text } from "@paceline/flag-eval";
import type { Frame } from "@paceline/flag-eval";

import { murmurOfUnits } from "../murmur-units.ts";
import { own } from "../reading.ts";

/** Unleash looks at the context's own fields first and then at its `properties`, and makes text. */
export function contextValue(context: unknown, field: string): string | undefined {
  const value = own(context, field) ?? own(own(context, "properties"), field) ?? undefined;
  return value === undefined ? undefined : text(value);
}

/**
 * What stands for Unleash's random number: it draws anew for every evaluation without an id, and
 * so does this, but from the instant and the flag, so that the same question has the same answer.
 *
 * @returns an integer from 1 to 10,000
 */
export function draw(frame: Frame): number {
  return (murmurOfUnits(`${frame.flagKey}:${frame.nowMs}`, 0) % 10_000) + 1;
}

const VARIANT_SEED = 86_028_157;

/** @returns an integer from 1 to 100 */
export function rolloutBucket(groupId: string, id: string): number {
  return (murmurOfUnits(`${groupId}:${id}`, 0) % 100) + 1;
}

/** @returns an integer from 1 to `total` */
export function variantBucket(groupId: string, id: string, total: number): number {
  return (murmurOfUnits(`${groupId}:${id}`, VARIANT_SEED) % total) + 1;
}
