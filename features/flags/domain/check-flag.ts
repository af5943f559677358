import { ruleFaults } from "./check-rule.ts";
import type { Fault } from "./condition.ts";
import type { Configuration, FlagDefinition, Rule } from "./flag.ts";

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const VARIANT = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/;
const TAG = /^[a-z0-9][a-z0-9._:-]{0,49}$/;
const MAX_TAGS = 50;
const MAX_VARIANTS = 50;
const MAX_RULES = 100;

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
