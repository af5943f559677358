import type { Gate, PartRange, RevisionContent, Rule } from "./flag.ts";
import { armRanges, minusRanges, PARTS } from "./parts.ts";

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
  if (servesMore(before, after)) return true;
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

/** Values instead of names: a variant may have meant something else in an older revision. */
function valueOf({ variants }: RevisionContent, variant: string | null): string | null {
  return variant === null ? null : JSON.stringify(variants[variant] ?? null);
}

/** What nobody is exposed by: the default in the code, and what units get that no rule reaches now. */
function safeValues(
  before: RevisionContent | null,
  after: RevisionContent,
): ReadonlySet<string | null> {
  const { enabled, offVariant, defaultVariant } = (before ?? after).configuration;
  const names =
    before !== null && enabled ? [null, offVariant, defaultVariant] : [null, offVariant];
  return new Set(names.map((name) => valueOf(before ?? after, name)));
}

function letsIn({ ranges, negate }: Gate): readonly PartRange[] {
  return negate ? minusRanges([[0, PARTS]], ranges) : ranges;
}

function isNarrower(gate: Gate, than: Gate): boolean {
  return (
    gate.salt === than.salt &&
    gate.unit === than.unit &&
    minusRanges(letsIn(gate), letsIn(than)).length === 0
  );
}

/** Whether every unit that the one rule reaches is one that the other reaches; overrides aside. */
function reachesWithin(inner: Rule, outer: Rule): boolean {
  const core = ({ id, when, prerequisites, salt, unit, bucketing, sticky, phase }: Rule): string =>
    JSON.stringify([id, when, prerequisites, salt, unit, bucketing, sticky, phase]);
  return (
    core(inner) === core(outer) &&
    inner.exposureShare <= outer.exposureShare &&
    outer.gates.every((than) => inner.gates.some((gate) => isNarrower(gate, than)))
  );
}

type Served = readonly (readonly [value: string | null, ranges: readonly PartRange[]])[];

/** By parts of the split what a rule serves; null for an imported expression. */
function servedBy(content: RevisionContent, { serve }: Rule): Served | null {
  if ("variant" in serve) return [[valueOf(content, serve.variant), [[0, PARTS]]]];
  if (!("split" in serve)) return null;
  const ranges = armRanges(serve.split);
  return serve.split.map(({ variant }, index) => [valueOf(content, variant), ranges[index] ?? []]);
}

/** Whether every unit of both rules that gets something unsafe from the one gets it from the other, too. */
function servesWithin(inner: Served | null, outer: Served | null): boolean {
  if (inner === null || outer === null) return false;
  return inner.every(([value, ranges]) => {
    const same = outer.flatMap(([other, held]) => (other === value ? held : []));
    return minusRanges(ranges, same).length === 0;
  });
}

/**
 * Whether somebody would be served what is neither served to them now nor the default of what is in
 * force. Then a revert is no way back but a publication. Only people whom overrides name are left
 * out: they try a change before it is exposed. What cannot be told counts as more.
 *
 * @param before  what is in force; null for nothing, when callers get the default in their code
 * @param after   what would be; null takes the flag out
 */
export function servesMore(before: RevisionContent | null, after: RevisionContent | null): boolean {
  if (after === null) return false;
  const safe = safeValues(before, after);
  const { enabled, defaultVariant, offVariant } = after.configuration;
  if (!safe.has(valueOf(after, enabled ? defaultVariant : offVariant))) return true;
  const open = openRules(after);
  const known = before === null ? [] : openRules(before);
  return open.some((rule, index) => {
    const served = servedBy(after, rule);
    const unsafe = served?.filter(([value]) => !safe.has(value)) ?? null;
    if (unsafe?.every(([, ranges]) => ranges.length === 0) === true) return false;
    const place = known.findIndex((earlier) => reachesWithin(rule, earlier));
    const earlier = known[place];
    if (before === null || earlier === undefined) return true;
    const isAsNow =
      servesWithin(unsafe, servedBy(before, earlier)) ||
      JSON.stringify([rule.serve, after.variants]) ===
        JSON.stringify([earlier.serve, before.variants]);
    // Whoever an earlier rule keeps from this one now must be kept from it as well.
    const stays = (one: Rule): boolean =>
      open.slice(0, index).some((other) => reachesWithin(one, other));
    return !isAsNow || !known.slice(0, place).every(stays);
  });
}
