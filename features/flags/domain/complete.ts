import { TARGETING_KEY } from "./condition.ts";
import type { Condition } from "./condition.ts";
import type {
  Bucketing,
  Configuration,
  Gate,
  LayerClaim,
  Override,
  Prerequisite,
  Rule,
  Serve,
  Sticky,
} from "./flag.ts";
import { rangesFault } from "./parts.ts";
import { placeRule } from "./phases.ts";

/** A rule as people write it: what is left out has the usual value. */
export interface RuleInput {
  readonly id?: string;
  readonly description?: string;
  readonly when?: Condition | null;
  readonly prerequisites?: readonly Prerequisite[];
  readonly gates?: readonly Gate[];
  readonly layers?: readonly LayerClaim[];
  readonly overrides?: readonly Override[];
  readonly serve: Serve;
  readonly exposureShare?: number;
  readonly salt?: string;
  readonly phase?: number;
  readonly sticky?: Sticky | null;
  readonly unit?: string;
  readonly bucketing?: Bucketing;
  readonly recordExposure?: boolean;
  readonly experimentId?: string | null;
}

/** A configuration as people write it. */
export interface ConfigurationInput {
  readonly enabled?: boolean;
  readonly offVariant?: string | null;
  readonly defaultVariant?: string | null;
  readonly rules?: readonly RuleInput[];
}

/**
 * Fills in what was left out. A rule without a salt keeps the one it had under its id, so that
 * saving it again moves nobody; one that would move everybody begins a new phase (`placeRule`).
 *
 * @param earlier    the configuration that is being edited, if any
 * @param newId      makes ids and salts
 * @param published  the configuration in force, if any
 */
export function completeConfiguration(
  input: ConfigurationInput,
  earlier: Configuration | null,
  newId: () => string,
  published: Configuration | null = earlier,
): Configuration {
  const known = byId(earlier);
  const inForce = byId(published);
  return {
    enabled: input.enabled ?? true,
    offVariant: input.offVariant ?? null,
    defaultVariant: input.defaultVariant ?? null,
    rules: (input.rules ?? []).map((rule) => {
      const id = rule.id ?? "";
      return completeRule(rule, known.get(id) ?? null, inForce.get(id) ?? null, newId);
    }),
  };
}

function byId(configuration: Configuration | null): ReadonlyMap<string, Rule> {
  return new Map((configuration?.rules ?? []).map((rule) => [rule.id, rule]));
}

/** Ranges that do not hold what the shares say are left out: publishing makes them anew. */
function completeServe(serve: Serve): Serve {
  if (!("split" in serve) || rangesFault(serve.split) === null) return serve;
  return { split: serve.split.map(({ variant, share }) => ({ variant, share })) };
}

function completeRule(
  input: RuleInput,
  earlier: Rule | null,
  published: Rule | null,
  newId: () => string,
): Rule {
  const { unit = TARGETING_KEY, bucketing = "flagd-v2" } = input;
  return {
    id: input.id ?? newId(),
    description: input.description ?? "",
    when: input.when ?? null,
    prerequisites: input.prerequisites ?? [],
    // Gates of layers and holdouts are what publishing makes of the layers claimed and the holdouts in scope.
    gates: (input.gates ?? []).filter(({ source }) => source.kind === "canary"),
    layers: input.layers ?? [],
    overrides: input.overrides ?? [],
    serve: completeServe(input.serve),
    exposureShare: input.exposureShare ?? 1,
    ...placeRule({ ...input, unit, bucketing }, earlier, published, newId),
    sticky: input.sticky ?? null,
    unit,
    bucketing,
    recordExposure: input.recordExposure ?? (input.experimentId ?? null) !== null,
    experimentId: input.experimentId ?? null,
  };
}

/** Members that contents stored before there were such things lack. */
type LaterRuleMembers = "prerequisites" | "gates" | "layers" | "phase" | "sticky";

/** A rule as it may be stored. */
export type StoredRule = Omit<Rule, LaterRuleMembers> & Partial<Pick<Rule, LaterRuleMembers>>;

/** A configuration as it may be stored. */
export interface StoredConfiguration extends Omit<Configuration, "rules"> {
  readonly rules: readonly StoredRule[];
}

/** What a stored configuration means: what it could not say when it was written has no effect. */
export function fromStored(stored: StoredConfiguration): Configuration {
  const later = { prerequisites: [], gates: [], layers: [], phase: 1, sticky: null };
  return { ...stored, rules: stored.rules.map((rule) => ({ ...later, ...rule })) };
}
