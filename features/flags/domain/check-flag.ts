import { conditionFaults, isAttribute } from "./condition.ts";
import type { Fault } from "./condition.ts";
import type { Configuration, FlagDefinition, Rule } from "./flag.ts";

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const VARIANT = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/;
const TAG = /^[a-z0-9][a-z0-9._:-]{0,49}$/;
const MAX_TAGS = 50;
const MAX_VARIANTS = 50;
const MAX_RULES = 100;
// Shares that people write as decimals add up to 1 only almost.
const SHARE_TOLERANCE = 1e-6;

function typeOf(value: unknown): string {
  return value === null || Array.isArray(value) ? "other" : typeof value;
}

/** Tags as they are kept: sorted, each once. */
export function tagsOf(tags: readonly string[]): readonly string[] {
  return [...new Set(tags)].toSorted();
}

/** What is wrong with a definition; empty when it may be stored. */
export function definitionFaults(flag: FlagDefinition): readonly Fault[] {
  const faults: Fault[] = [];
  if (!KEY.test(flag.key)) {
    faults.push({
      pointer: "/key",
      detail: "must start with a letter or digit and hold up to 100 letters, digits, `.`, `_`, `-`",
    });
  }
  const names = Object.keys(flag.variants);
  if (names.length === 0 || names.length > MAX_VARIANTS) {
    faults.push({ pointer: "/variants", detail: `must hold 1 to ${MAX_VARIANTS} variants` });
  }
  for (const [name, value] of Object.entries(flag.variants)) {
    const pointer = `/variants/${name}`;
    if (!VARIANT.test(name)) faults.push({ pointer, detail: "is not a usable variant name" });
    if (typeOf(value) !== flag.type)
      faults.push({ pointer, detail: `must be of type ${flag.type}` });
  }
  if (flag.tags.length > MAX_TAGS) {
    faults.push({ pointer: "/tags", detail: `must hold at most ${MAX_TAGS} tags` });
  }
  for (const [index, tag] of flag.tags.entries()) {
    if (TAG.test(tag)) continue;
    const detail = "must be up to 50 lower-case letters, digits, `.`, `_`, `:` or `-`";
    faults.push({ pointer: `/tags/${index}`, detail });
  }
  return faults;
}

/** What is wrong with a configuration of that flag; empty when it may be published. */
export function configurationFaults(
  variants: FlagDefinition["variants"],
  configuration: Configuration,
): readonly Fault[] {
  const faults: Fault[] = [];
  const known = (variant: string | null, pointer: string): void => {
    if (variant !== null && !Object.hasOwn(variants, variant)) {
      faults.push({ pointer, detail: `there is no variant "${variant}"` });
    }
  };
  known(configuration.offVariant, "/offVariant");
  known(configuration.defaultVariant, "/defaultVariant");
  if (configuration.rules.length > MAX_RULES) {
    faults.push({ pointer: "/rules", detail: `must hold at most ${MAX_RULES} rules` });
  }
  const seen = new Set<string>();
  for (const [index, rule] of configuration.rules.entries()) {
    const pointer = `/rules/${index}`;
    if (seen.has(rule.id)) faults.push({ pointer: `${pointer}/id`, detail: "is used twice" });
    seen.add(rule.id);
    faults.push(...ruleFaults(rule, pointer, known));
  }
  return faults;
}

function ruleFaults(
  rule: Rule,
  pointer: string,
  known: (variant: string, pointer: string) => void,
): readonly Fault[] {
  const faults: Fault[] = [];
  if (rule.when !== null) faults.push(...conditionFaults(rule.when, `${pointer}/when`));
  for (const [index, { when, variant }] of rule.overrides.entries()) {
    faults.push(...conditionFaults(when, `${pointer}/overrides/${index}/when`));
    known(variant, `${pointer}/overrides/${index}/variant`);
  }
  if (!isAttribute(rule.unit)) {
    faults.push({ pointer: `${pointer}/unit`, detail: "must name an attribute" });
  }
  if (!(rule.exposureShare >= 0 && rule.exposureShare <= 1)) {
    faults.push({ pointer: `${pointer}/exposureShare`, detail: "must be from 0 to 1" });
  }
  if (rule.experimentId !== null && !rule.recordExposure) {
    faults.push({ pointer: `${pointer}/recordExposure`, detail: "must be on for an experiment" });
  }
  if ("variant" in rule.serve) known(rule.serve.variant, `${pointer}/serve/variant`);
  else if ("split" in rule.serve)
    faults.push(...splitFaults(rule.serve.split, `${pointer}/serve/split`, known));
  return faults;
}

function splitFaults(
  arms: readonly { readonly variant: string; readonly share: number }[],
  pointer: string,
  known: (variant: string, pointer: string) => void,
): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [index, { variant, share }] of arms.entries()) {
    known(variant, `${pointer}/${index}/variant`);
    if (!(share >= 0 && share <= 1)) {
      faults.push({ pointer: `${pointer}/${index}/share`, detail: "must be from 0 to 1" });
    }
  }
  const total = arms.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(total - 1) > SHARE_TOLERANCE) {
    faults.push({ pointer, detail: `shares must add up to 1, not ${total}` });
  }
  if (new Set(arms.map(({ variant }) => variant)).size !== arms.length) {
    faults.push({ pointer, detail: "must name each variant once" });
  }
  return faults;
}

/**
 * Rules whose units would all be put into new buckets: the rule's salt, unit or bucketing differs
 * from the published one. A running experiment does not survive that.
 */
export function rebucketedRules(published: Configuration, next: Configuration): readonly string[] {
  const before = new Map(published.rules.map((rule) => [rule.id, rule]));
  return next.rules.flatMap((rule) => {
    const earlier = before.get(rule.id);
    const same =
      earlier === undefined ||
      (earlier.salt === rule.salt &&
        earlier.unit === rule.unit &&
        earlier.bucketing === rule.bucketing);
    return same ? [] : [rule.id];
  });
}

/** The configuration with another exposure of one rule, or another condition. */
export function withExposure(
  configuration: Configuration,
  ruleId: string,
  change: Pick<Rule, "exposureShare"> & Partial<Pick<Rule, "when" | "rolloutId">>,
): Configuration {
  const rules = configuration.rules.map((rule) =>
    rule.id === ruleId ? { ...rule, ...change } : rule,
  );
  return { ...configuration, rules };
}
