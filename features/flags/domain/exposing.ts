import type { RevisionContent, Rule } from "./flag.ts";

/**
 * Whether a rule reaches anybody but the people whom its overrides name: those try a change before
 * it is exposed.
 */
function isOpen({ exposureShare, isHeld }: Rule): boolean {
  return exposureShare > 0 && isHeld !== true;
}

function openRules({ configuration: { enabled, rules } }: RevisionContent): readonly Rule[] {
  return enabled ? rules.filter(isOpen) : [];
}

/** What decides whom a rule reaches and with what; gates of holdouts only ever take units away. */
function essence({ when, prerequisites, gates, serve, salt, unit, bucketing }: Rule): string {
  const own = gates.filter(({ source }) => source.kind !== "holdout");
  return JSON.stringify([when, prerequisites, own, serve, salt, unit, bucketing]);
}

/**
 * Whether a publication may expose somebody to something new. Lowering an exposure, switching off,
 * taking out and holding out do not; neither does a first publication that reaches nobody, nor a
 * rule that waits for its experiment. Whatever cannot be told from an exposure counts as one.
 *
 * @param before  what is in force; null for nothing
 * @param after   what would be; null takes the flag out
 */
export function exposesMore(
  before: RevisionContent | null,
  after: RevisionContent | null,
): boolean {
  if (after === null) return false;
  const open = openRules(after);
  if (before === null) return open.length > 0;
  const now = after.configuration;
  const then = before.configuration;
  const otherDefault = now.enabled && then.enabled && now.defaultVariant !== then.defaultVariant;
  const otherValues = JSON.stringify(after.variants) !== JSON.stringify(before.variants);
  if (otherDefault || (otherValues && open.length > 0)) return true;
  const known = openRules(before);
  const kept = known.filter(({ id }) => open.some((rule) => rule.id === id));
  if (kept.some(({ id }, index) => open[index]?.id !== id)) return true;
  return open.some((rule) => {
    const earlier = known.find(({ id }) => id === rule.id);
    return (
      earlier === undefined ||
      rule.exposureShare > earlier.exposureShare ||
      essence(rule) !== essence(earlier)
    );
  });
}
