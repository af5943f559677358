import { TARGETING_KEY, conditionLogic } from "./condition.ts";
import type { Logic } from "./condition.ts";
import type { Arm, RevisionContent, Rule } from "./flag.ts";

/** The constant total of every split and gate: one part is 0.001 %. */
export const PARTS = 100_000;

/** A flag in flagd's format. */
export interface FlagdFlag {
  readonly state: "ENABLED" | "DISABLED";
  readonly variants: Readonly<Record<string, unknown>>;
  readonly defaultVariant: string | null;
  readonly targeting?: Logic;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Shares as parts of `PARTS`, in the same order. Borders between arms are rounded, not the arms: an
 * arm that grows at the cost of the next one keeps all of its units.
 */
export function partsOf(shares: readonly number[]): readonly number[] {
  let cumulative = 0;
  let border = 0;
  return shares.map((share, index) => {
    cumulative += share;
    const next = index === shares.length - 1 ? PARTS : Math.round(cumulative * PARTS);
    const parts = Math.max(0, Math.min(PARTS, next) - border);
    border += parts;
    return parts;
  });
}

/** Independent of one another for gate and split, and of every other rule's. */
function seed(rule: Rule, purpose: "gate" | "split"): Logic {
  return { cat: [`${rule.salt}/${purpose}/`, { var: rule.unit }] };
}

/** Opens for the first `exposureShare` of the units: a larger share only adds units. */
function gateLogic(rule: Rule): Logic {
  const open = Math.round(rule.exposureShare * PARTS);
  return { fractional: [seed(rule, "gate"), [true, open], [false, PARTS - open]] };
}

function splitLogic(rule: Rule, arms: readonly Arm[]): Logic {
  const parts = partsOf(arms.map(({ share }) => share));
  const buckets = arms.map(({ variant }, index) => [variant, parts[index] ?? 0]);
  return { fractional: [seed(rule, "split"), ...buckets] };
}

/** Whether the rule cannot apply to a context without the unit's attribute. */
export function needsUnit(rule: Rule): boolean {
  return "split" in rule.serve || rule.exposureShare < 1 || rule.recordExposure;
}

function allOf(parts: readonly Logic[]): Logic {
  return parts.length === 0 ? true : parts.length === 1 ? parts[0] : { and: parts };
}

/** True unless the unit is unknown; an empty text names nobody. */
function unitLogic(rule: Rule): Logic {
  return { "!": [{ missing: [rule.unit] }] };
}

/** When the rule applies: its condition holds, the unit is known, and an override or the gate lets it in. */
export function ruleApplies(rule: Rule): Logic {
  const parts: Logic[] = [];
  if (rule.when !== null) parts.push(conditionLogic(rule.when));
  if (needsUnit(rule)) parts.push(unitLogic(rule));
  if (rule.exposureShare < 1) {
    const overrides = rule.overrides.map(({ when }) => conditionLogic(when));
    const gate = gateLogic(rule);
    parts.push(overrides.length === 0 ? gate : { or: [...overrides, gate] });
  }
  return allOf(parts);
}

/**
 * What the rule serves when it applies. The first arm of a split is the one that grows: raising its
 * share takes units from its neighbour only, lowering it gives the last ones back.
 */
export function ruleServes(rule: Rule): Logic {
  const served = "variant" in rule.serve ? rule.serve.variant : splitLogic(rule, rule.serve.split);
  if (rule.overrides.length === 0) return served;
  const branches = rule.overrides.flatMap(({ when, variant }) => [conditionLogic(when), variant]);
  return { if: [...branches, served] };
}

/** Which rule applies, as an expression that gives its index or null: for exposures and explanations. */
export function ruleIndexLogic(rules: readonly Rule[]): Logic {
  return { if: [...rules.flatMap((rule, index) => [ruleApplies(rule), index]), null] };
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
 */
export function compileFlag(content: RevisionContent, revision: number): FlagdFlag {
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
  const branches = configuration.rules.flatMap((rule) => [ruleApplies(rule), ruleServes(rule)]);
  return {
    state: "ENABLED",
    variants,
    defaultVariant: configuration.defaultVariant,
    ...(branches.length === 0 ? {} : { targeting: { if: [...branches, null] } }),
    metadata,
  };
}

/** Whether an evaluation without a targeting key may miss a rule that needs one. */
export function needsTargetingKey(content: RevisionContent): boolean {
  const { enabled, rules } = content.configuration;
  return enabled && rules.some((rule) => rule.unit === TARGETING_KEY && needsUnit(rule));
}
