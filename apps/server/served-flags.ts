import type { FlatEvent, ServedFlagFacts } from "@paceline/events/domain";
import type { EvaluatedFlag } from "@paceline/events/server";
import { serveAll } from "@paceline/flags/domain";
import type { PublishedSet, Rule } from "@paceline/flags/domain";
import type { FlagSets } from "@paceline/flags/server";

/** Flag keys by the experiments that they serve, made once for each set. */
const byExperiment = new WeakMap<PublishedSet, ReadonlyMap<string, string>>();

function flagOfExperiment(set: PublishedSet, experimentId: string): string | undefined {
  const known = byExperiment.get(set);
  if (known !== undefined) return known.get(experimentId);
  const made = new Map<string, string>();
  for (const [key, { content }] of set.flags) {
    for (const rule of content.configuration.rules) {
      if (rule.experimentId !== null) made.set(rule.experimentId, key);
    }
  }
  byExperiment.set(set, made);
  return made.get(experimentId);
}

function serves({ serve, overrides, recordExposure }: Rule, variant: string): boolean {
  if (!recordExposure) return false;
  if (overrides.some((override) => override.variant === variant)) return true;
  if ("split" in serve) return serve.split.some((arm) => arm.variant === variant);
  // What an imported expression may give is known only when it is evaluated.
  return "variant" in serve ? serve.variant === variant : true;
}

/**
 * What a flag of ours says about an exposure that a client reported: its key, revision and the
 * experiment in which it serves the variant. Where several experiments do, the client's word counts.
 */
export function servedFlagFacts(flagSets: FlagSets, exposure: FlatEvent): ServedFlagFacts | null {
  const set = flagSets.get(exposure.workspace, exposure.environment);
  const named = exposure.flagKey ?? "";
  const flagKey = set.flags.has(named)
    ? named
    : flagOfExperiment(set, exposure.experimentId ?? named);
  const published = flagKey === undefined ? undefined : set.flags.get(flagKey);
  if (flagKey === undefined || published === undefined) return null;
  const { configuration, variants } = published.content;
  const variant = variantName(variants, exposure.variant ?? "");
  const rules = configuration.rules.filter((rule) => serves(rule, variant));
  const experiments = new Set(rules.map(({ experimentId }) => experimentId));
  const [only] = experiments;
  // Segment's clients have no other place for a flag's key than that of an experiment's id.
  const said = exposure.experimentId === flagKey ? null : exposure.experimentId;
  const isClear = experiments.size === 1 && !experiments.has(exposure.experimentId);
  const experimentId = isClear ? (only ?? null) : said;
  return { flagKey, experimentId, revision: String(published.revision), variant };
}

/** PostHog's clients report the value of a boolean flag: `true` is the variant that has it. */
function variantName(variants: Readonly<Record<string, unknown>>, said: string): string {
  if (Object.hasOwn(variants, said) || (said !== "true" && said !== "false")) return said;
  const named = Object.entries(variants).filter(([, value]) => String(value) === said);
  const [first] = named;
  return named.length === 1 && first !== undefined ? first[0] : said;
}

/** Every flag of an environment for one unit; exposes nobody, as the client says what it read. */
export function evaluatedFlags(
  set: PublishedSet,
  context: Readonly<Record<string, unknown>>,
  nowMs: number,
): readonly EvaluatedFlag[] {
  return serveAll(set, context, nowMs).map(({ key, variant, value, reason }) => ({
    key,
    variant: variant ?? null,
    value,
    reason,
    revision: set.flags.get(key)?.revision ?? set.revision,
  }));
}
