import { TARGETING_KEY, conditionLogic } from "./condition.ts";
import type { Logic } from "./condition.ts";
import type { Gate, PartRange, Prerequisite, RevisionContent, Rule } from "./flag.ts";
import { PARTS, segmentsOf, splitSegments } from "./parts.ts";
import { isUntainted, keepsVariant, keptVariant, stickyUnit } from "./sticky.ts";

/** A flag in flagd's format. */
export interface FlagdFlag {
  readonly state: "ENABLED" | "DISABLED";
  readonly variants: Readonly<Record<string, unknown>>;
  readonly defaultVariant: string | null;
  readonly targeting?: Logic;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** What is in force for a flag in the same environment; null if nothing is. */
export type FindContent = (flagKey: string) => RevisionContent | null;

/** Where a rule is compiled: what prerequisites may ask for, and the flags that led here. */
export interface Scope {
  readonly find: FindContent;
  readonly path: readonly string[];
}

/** The scope in which a flag itself is compiled. */
export function scopeOf(content: RevisionContent, find: FindContent): Scope {
  return { find, path: [content.key] };
}

/** Without other flags: every prerequisite is unmet. */
export const ALONE: FindContent = () => null;

function seed(salt: string, unit: Logic): Logic {
  return { cat: [salt, unit] };
}

/** Opens for the units whose part lies in a range, or with `negate` for the others. */
export function gateLogic(
  { salt, unit, ranges, negate }: Gate,
  value: Logic = { var: unit },
): Logic {
  const buckets = segmentsOf(ranges).map(([inside, width]) => [inside !== negate, width] as const);
  const [only] = buckets;
  return buckets.length === 1 && only !== undefined
    ? only[0]
    : { fractional: [seed(salt, value), ...buckets] };
}

/** The gate that `exposureShare` stands for: a larger share only adds units. */
export function exposureGate({ salt, unit, exposureShare }: Rule): Gate {
  const open = Math.round(exposureShare * PARTS);
  return {
    source: { kind: "canary", name: "exposure" },
    salt: `${salt}/gate/`,
    unit,
    ranges: open === 0 ? [] : [[0, open]],
    negate: false,
  };
}

/** Whether the rule cannot apply to a context without the unit's attribute. */
export function needsUnit(rule: Rule): boolean {
  if (rule.isHeld === true) return false;
  return "split" in rule.serve || rule.exposureShare < 1 || rule.recordExposure;
}

/** The attributes without which the rule cannot apply. */
export function unitsOf(rule: Rule): readonly string[] {
  const gated = rule.isHeld === true ? [] : rule.gates.map(({ unit }) => unit);
  const isReplaceable = rule.sticky !== null && rule.sticky.fallbackUnit !== null;
  return [...new Set(needsUnit(rule) && !isReplaceable ? [rule.unit, ...gated] : gated)];
}

/** The unit's value: of a sticky rule it may be known by another attribute. */
function unitValue({ unit, sticky }: Rule): Logic {
  return sticky === null ? { var: unit } : stickyUnit(unit, sticky);
}

function allOf(parts: readonly Logic[]): Logic {
  return parts.length === 0 ? true : parts.length === 1 ? parts[0] : { and: parts };
}

/** True unless a unit is unknown; an empty text names nobody. */
function unitLogic(units: readonly string[]): Logic {
  return { "!": [{ missing: units }] };
}

/**
 * Whether another flag gives one of the variants. What that flag does is written out in full, so
 * that the document needs no operator that flagd does not have. A flag that is not in force, or
 * that leads back to itself, gives nothing.
 */
export function prerequisiteLogic({ flag, variants }: Prerequisite, { find, path }: Scope): Logic {
  const content = path.includes(flag) ? null : find(flag);
  if (content === null) return false;
  const { enabled, offVariant, defaultVariant, rules } = content.configuration;
  const fixed = enabled ? defaultVariant : offVariant;
  if (!enabled || rules.length === 0) return fixed !== null && variants.includes(fixed);
  const scope = { find, path: [...path, flag] };
  const branches = rules.flatMap((rule) => [ruleApplies(rule, scope), ruleServes(rule, scope)]);
  return { in: [{ if: [...branches, fixed] }, variants] };
}

/** The flag that is being compiled. */
function keyIn({ path }: Scope): string {
  return path.at(-1) ?? "";
}

/** All that a rule asks of a unit before its exposure. */
function admission(rule: Rule, scope: Scope): Logic[] {
  if (rule.isHeld === true) return [false];
  const parts: Logic[] = [];
  if (rule.when !== null) parts.push(conditionLogic(rule.when));
  parts.push(...rule.prerequisites.map((prerequisite) => prerequisiteLogic(prerequisite, scope)));
  const units = unitsOf(rule);
  if (units.length > 0) parts.push(unitLogic(units));
  const { sticky } = rule;
  if (sticky !== null) {
    const { unit } = rule;
    const { fallbackUnit } = sticky;
    const either = [
      unitLogic([unit]),
      ...(fallbackUnit === null ? [] : [unitLogic([fallbackUnit])]),
    ];
    parts.push(either.length === 1 ? either[0] : { or: either });
    parts.push(isUntainted(keyIn(scope), rule, sticky));
  }
  parts.push(...rule.gates.map((gate) => gateLogic(gate)));
  return parts;
}

/**
 * When the rule applies: its condition holds, its prerequisites are met, its units are known, it
 * passes every gate, and an override or the exposure lets it in.
 */
export function ruleApplies(rule: Rule, scope: Scope): Logic {
  const parts = admission(rule, scope);
  if (rule.exposureShare < 1) {
    const past = rule.overrides.map(({ when }) => conditionLogic(when));
    // Who was assigned once stays in, also when the exposure is lowered.
    if (rule.sticky !== null) past.push(keepsVariant(keyIn(scope), rule));
    const gate = gateLogic(exposureGate(rule), unitValue(rule));
    parts.push(past.length === 0 ? gate : { or: [...past, gate] });
  }
  return allOf(parts);
}

/** When the rule admits a unit whose part of the exposure gate lies in a range, and no override does. */
export function ruleAdmits(rule: Rule, range: PartRange, scope: Scope): Logic {
  const overrides = rule.overrides.map(({ when }): Logic => ({ "!": [conditionLogic(when)] }));
  const gate = gateLogic({ ...exposureGate(rule), ranges: [range] }, unitValue(rule));
  return allOf([...admission(rule, scope), ...overrides, gate]);
}

function servedLogic(rule: Rule, scope: Scope): Logic {
  const { serve, salt, sticky } = rule;
  if ("variant" in serve) return serve.variant;
  if ("targeting" in serve) return serve.targeting;
  const hashed = seed(`${salt}/split/`, unitValue(rule));
  const split = { fractional: [hashed, ...splitSegments(serve.split)] };
  if (sticky === null) return split;
  const key = keyIn(scope);
  return { if: [keepsVariant(key, rule), keptVariant(key, rule), split] };
}

/** What the rule serves when it applies. */
export function ruleServes(rule: Rule, scope: Scope): Logic {
  const served = servedLogic(rule, scope);
  if (rule.overrides.length === 0) return served;
  const branches = rule.overrides.flatMap(({ when, variant }) => [conditionLogic(when), variant]);
  return { if: [...branches, served] };
}

/** Which rule applies, as an expression that gives its index or null: for exposures and explanations. */
export function ruleIndexLogic(rules: readonly Rule[], scope: Scope): Logic {
  return { if: [...rules.flatMap((rule, index) => [ruleApplies(rule, scope), index]), null] };
}

function metadataOf(content: RevisionContent, revision: number): FlagdFlag["metadata"] {
  const { kind, initiativeId, configuration } = content;
  const experiments = new Set(
    configuration.rules.flatMap(({ experimentId }) =>
      experimentId === null ? [] : [experimentId],
    ),
  );
  const [experimentId] = experiments;
  return {
    revision,
    kind,
    ...(initiativeId === null ? {} : { initiativeId }),
    ...(experimentId === undefined || experiments.size > 1 ? {} : { experimentId }),
  };
}

/**
 * Compiles one published flag to plain flagd JSON that any flagd implementation evaluates alike.
 *
 * @param revision  the environment's revision in which it was published
 * @param find      what is in force for the flags that it needs
 */
export function compileFlag(
  content: RevisionContent,
  revision: number,
  find: FindContent = ALONE,
): FlagdFlag {
  const { variants, configuration } = content;
  const metadata = metadataOf(content, revision);
  if (!configuration.enabled) {
    return {
      state: configuration.offVariant === null ? "DISABLED" : "ENABLED",
      variants,
      defaultVariant: configuration.offVariant,
      metadata,
    };
  }
  const scope = scopeOf(content, find);
  const branches = configuration.rules.flatMap((rule) => [
    ruleApplies(rule, scope),
    ruleServes(rule, scope),
  ]);
  return {
    state: "ENABLED",
    variants,
    defaultVariant: configuration.defaultVariant,
    ...(branches.length === 0 ? {} : { targeting: { if: [...branches, null] } }),
    metadata,
  };
}

/** The flags that a rule asks for something, itself or by way of another flag, each once. */
export function neededFlags(content: RevisionContent, find: FindContent): readonly string[] {
  const found = new Set<string>();
  const visit = ({ configuration }: RevisionContent): void => {
    if (!configuration.enabled) return;
    for (const { flag } of configuration.rules.flatMap(({ prerequisites }) => prerequisites)) {
      if (found.has(flag)) continue;
      found.add(flag);
      const other = find(flag);
      if (other !== null) visit(other);
    }
  };
  visit(content);
  return [...found];
}

/** What is in force for the flags that a content needs, itself or by way of another. */
export function neededContents(
  content: RevisionContent,
  find: FindContent,
): readonly RevisionContent[] {
  return neededFlags(content, find).flatMap((key) => find(key) ?? []);
}

/** Whether an evaluation without a targeting key may miss a rule that needs one. */
export function needsTargetingKey(content: RevisionContent, find: FindContent = ALONE): boolean {
  return [content, ...neededContents(content, find)].some(
    ({ configuration: { enabled, rules } }) =>
      enabled && rules.some((rule) => unitsOf(rule).includes(TARGETING_KEY)),
  );
}

/** Why a flag is evaluated on the server only, and left out of the plain document. */
export type ServerOnlyReason = "sticky" | "imported-bucketing";

/** Whether flagd's own operators say all that the flag does, and what it needs; null if so. */
export function serverOnly(content: RevisionContent, find: FindContent): ServerOnlyReason | null {
  const rules = [content, ...neededContents(content, find)].flatMap(({ configuration }) =>
    configuration.enabled ? configuration.rules : [],
  );
  if (rules.some((rule) => rule.bucketing !== "flagd-v2")) return "imported-bucketing";
  return rules.some((rule) => rule.sticky !== null) ? "sticky" : null;
}
