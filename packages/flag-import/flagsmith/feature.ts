import { items, numberOr, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { identityKey } from "./context.ts";
import { percentageOf } from "./hash.ts";

/** Which variant of a feature an identity gets; the index among those by priority, or -1. */
export function variantOf(feature: unknown, context: Fields): number {
  const identity = identityKey(context);
  const variants = byPriority(feature);
  if (identity === null || variants.length === 0) return -1;
  const percentage = percentageOf([textOr(own(feature, "key"), ""), identity]);
  let reached = 0;
  return variants.findIndex((variant) => {
    const from = reached;
    reached += numberOr(own(variant, "weight"), 0);
    return percentage >= from && percentage < reached;
  });
}

/** A lower number is a stronger priority; absent ones come last. */
function priority(source: unknown): number {
  return numberOr(own(source, "priority"), Infinity);
}

export function byPriority(feature: unknown): readonly unknown[] {
  return items(own(feature, "variants")).toSorted((a, b) =>
    priority(a) === priority(b) ? 0 : priority(a) - priority(b),
  );
}

export interface Override {
  readonly feature: Fields;
  readonly segment: Fields;
}

/** A feature's overrides, the strongest first; of equal ones the first segment's. */
export function overridesOf(name: string, segments: Fields): readonly Override[] {
  return Object.values(segments)
    .flatMap((segment) => {
      const overrides = items(own(segment, "overrides"));
      return overrides.map((feature) => ({ feature, segment }));
    })
    .flatMap(({ feature, segment }) =>
      isRecord(feature) && isRecord(segment) && feature["name"] === name
        ? [{ feature, segment }]
        : [],
    )
    .toSorted((a, b) => {
      const [left, right] = [priority(a.feature), priority(b.feature)];
      return left === right ? 0 : left - right;
    });
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What Flagsmith's engine says of one feature. */
export interface FlagsmithResult {
  readonly name: string;
  readonly enabled: boolean;
  readonly value: unknown;
  readonly reason: string;
  readonly variant: string | null;
  readonly metadata?: unknown;
}

/** The result for a feature's chosen form: the plain one, or an override of a segment. */
export function resultOf(
  name: string,
  feature: unknown,
  variant: number,
  segment: unknown,
): FlagsmithResult {
  const variants = byPriority(feature);
  const chosen = variants[variant];
  // Flagsmith's word for the plain value of a feature that has variants.
  const unchosen = variants.length > 0 && chosen === undefined ? "control" : null;
  const metadata = own(feature, "metadata");
  const matched = own(segment, "name");
  const reason =
    chosen !== undefined
      ? `SPLIT; weight=${numberOr(own(chosen, "weight"), 0)}`
      : segment === undefined
        ? "DEFAULT"
        : `TARGETING_MATCH; segment=${textOr(matched, "")}`;
  return {
    name,
    enabled: own(feature, "enabled") === true,
    value: own(chosen === undefined ? feature : chosen, "value") ?? null,
    reason,
    variant: textOr(own(chosen, "key"), "") || unchosen,
    ...(metadata === undefined ? {} : { metadata }),
  };
}
