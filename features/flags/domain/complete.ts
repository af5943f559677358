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
 * saving it again moves nobody.
 *
 * @param earlier  the configuration that is being edited, if any
 * @param newId    makes ids and salts
 */
export function completeConfiguration(
  input: ConfigurationInput,
  earlier: Configuration | null,
  newId: () => string,
): Configuration {
  const known = new Map((earlier?.rules ?? []).map((rule) => [rule.id, rule]));
  return {
    enabled: input.enabled ?? true,
    offVariant: input.offVariant ?? null,
    defaultVariant: input.defaultVariant ?? null,
    rules: (input.rules ?? []).map((rule) =>
      completeRule(rule, known.get(rule.id ?? "") ?? null, newId),
    ),
  };
}

function completeRule(input: RuleInput, earlier: Rule | null, newId: () => string): Rule {
  return {
    id: input.id ?? newId(),
    description: input.description ?? "",
    when: input.when ?? null,
    prerequisites: input.prerequisites ?? [],
    // Gates of layers and holdouts are what publishing makes of the layers claimed and the holdouts in scope.
    gates: (input.gates ?? []).filter(({ source }) => source.kind === "canary"),
    layers: input.layers ?? [],
    overrides: input.overrides ?? [],
    serve: input.serve,
    exposureShare: input.exposureShare ?? 1,
    salt: input.salt ?? earlier?.salt ?? newId(),
    phase: input.phase ?? earlier?.phase ?? 1,
    sticky: input.sticky ?? null,
    unit: input.unit ?? TARGETING_KEY,
    bucketing: input.bucketing ?? "flagd-v2",
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
