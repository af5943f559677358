import type { Condition } from "./condition.ts";
import type { Configuration, Rule } from "./flag.ts";

/** The attributes that a configuration reads of a context, each once. */
export function attributesRead({ enabled, rules }: Configuration): readonly string[] {
  return enabled ? [...new Set(rules.flatMap(attributesOf))].toSorted() : [];
}

function attributesOf(rule: Rule): readonly string[] {
  return [
    rule.unit,
    ...rule.gates.map(({ unit }) => unit),
    ...(rule.when === null ? [] : attributesOfCondition(rule.when)),
    ...rule.overrides.flatMap(({ when }) => attributesOfCondition(when)),
  ];
}

function attributesOfCondition(condition: Condition): readonly string[] {
  if ("all" in condition) return condition.all.flatMap(attributesOfCondition);
  if ("any" in condition) return condition.any.flatMap(attributesOfCondition);
  if ("not" in condition) return attributesOfCondition(condition.not);
  return [condition.attribute];
}

/**
 * What a comparison with recorded contexts cannot know, in words.
 *
 * @param neverRecorded  names of attributes in lower case
 */
export function comparisonCautions(
  before: Configuration | null,
  after: Configuration,
  neverRecorded: readonly string[],
): readonly string[] {
  const read = [
    ...new Set([before, after].flatMap((one) => (one === null ? [] : attributesRead(one)))),
  ];
  const hidden = read.filter((attribute) =>
    attribute.split(".").some((name) => neverRecorded.includes(name.toLowerCase())),
  );
  const rules = after.enabled ? after.rules : [];
  const claiming = rules.filter(
    ({ layers, gates }) =>
      layers.length > 0 && !gates.some(({ source }) => source.kind === "layer"),
  );
  return [
    ...hidden.map(
      (attribute) =>
        `\`${attribute}\` is never recorded, so rules that read it see it missing in every recorded context.`,
    ),
    ...claiming.map(
      ({ id }) =>
        `Rule ${id} was tried without its slots of a layer, so fewer units get it than counted.`,
    ),
  ];
}

/**
 * The configuration as publishing would fix it, as far as that is known before: a rule that claims the
 * same layers as now keeps the gates that it has.
 */
export function withKnownGates(after: Configuration, before: Configuration | null): Configuration {
  const known = new Map((before?.rules ?? []).map((rule) => [rule.id, rule]));
  return {
    ...after,
    rules: after.rules.map((rule) => {
      const earlier = known.get(rule.id);
      const same =
        earlier !== undefined && JSON.stringify(earlier.layers) === JSON.stringify(rule.layers);
      if (!same) return rule;
      const kept = earlier.gates.filter(({ source }) => source.kind !== "canary");
      const own = rule.gates.filter(({ source }) => source.kind === "canary");
      return { ...rule, gates: [...kept, ...own] };
    }),
  };
}
