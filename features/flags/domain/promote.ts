import type { Configuration, Rule } from "./flag.ts";

export interface PromoteOptions {
  /** Gives every rule a new salt, so that every unit gets a new bucket. */
  readonly newSalts: boolean;
  /** Rules that are in force in the target keep their exposure there. */
  readonly keepExposure: boolean;
  readonly newId: () => string;
}

/**
 * What a flag does in one environment, as it would do it in another. A rule that the target has keeps
 * the buckets that its units have there; a rule that is new there takes those that it comes with.
 */
export function promotedConfiguration(
  source: Configuration,
  target: Configuration | null,
  { newSalts, keepExposure, newId }: PromoteOptions,
): Configuration {
  const known = new Map((target?.rules ?? []).map((rule) => [rule.id, rule]));
  return {
    ...source,
    rules: source.rules.map((rule) => {
      const there = known.get(rule.id);
      // Gates of layers and holdouts belong to their environment; publishing makes them there.
      const gates = rule.gates.filter(({ source: from }) => from.kind === "canary");
      const own = there === undefined ? {} : bucketsOf(there);
      return {
        ...rule,
        ...own,
        gates,
        ...(newSalts ? { salt: newId() } : {}),
        ...(keepExposure && there !== undefined ? { exposureShare: there.exposureShare } : {}),
      };
    }),
  };
}

function bucketsOf({ salt, unit, bucketing, phase }: Rule) {
  return { salt, unit, bucketing, phase };
}
