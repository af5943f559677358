import { fields, items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { equalWeights } from "./hash.ts";
import type { Session } from "./session.ts";

// What a rule hands on to its experiment, if it is there and says something.
const HANDED_ON = [
  "weights",
  "hashAttribute",
  "fallbackAttribute",
  "disableStickyBucketing",
  "namespace",
  "meta",
  "ranges",
  "name",
  "phase",
  "seed",
  "hashVersion",
  "filters",
  "condition",
];

/** Whatever is there, even if it says nothing. */
const HANDED_ON_ALWAYS = ["coverage", "bucketVersion", "minBucketVersion"];

/** The variations of a rule that experiments; null for one that does not. */
export function variationsOf(rule: Fields): readonly unknown[] | null {
  const variations = rule["contextualVariations"] ?? rule["variations"];
  return Array.isArray(variations) ? variations : null;
}

/** The experiment that a rule of a feature stands for. */
export function experimentOf(
  rule: Fields,
  variations: readonly unknown[],
  featureKey: string,
): Fields {
  const handed = [
    ...HANDED_ON.filter((name) => Boolean(rule[name])),
    ...HANDED_ON_ALWAYS.filter((name) => rule[name] !== undefined),
  ].map((name) => [name, rule[name]]);
  return {
    variations,
    key: textOr(rule["key"], "") || featureKey,
    ...Object.fromEntries(handed),
  };
}

/** The experiment with the weights of the first context of its bandit that the unit is in. */
export function withBandit(
  session: Session,
  experiment: Fields,
  rule: Fields,
  bandits: unknown,
): Fields {
  const reference = textOr(rule["contextualBanditRef"], "");
  const definition = own(bandits, reference);
  if (reference === "" || !definition) return experiment;
  const banditVersion = own(definition, "banditVersion");
  const leaf = items(own(definition, "contexts")).find((context) =>
    session.conditions.holds(session.attributes, own(context, "condition") ?? {}),
  );
  const weights = leaf === undefined ? experiment["weights"] : own(leaf, "weights");
  const count = items(experiment["variations"]).length;
  return {
    ...experiment,
    ...(leaf === undefined ? {} : { weights }),
    contextualBandit: {
      // GrowthBook's number for "no context matched".
      leafId: leaf === undefined ? -1 : own(leaf, "leafId"),
      variationWeights: weights ?? equalWeights(count),
      ...(banditVersion === undefined ? {} : { banditVersion }),
    },
  };
}

export function rulesOf(feature: unknown): readonly Fields[] {
  return items(own(feature, "rules")).map(fields);
}
