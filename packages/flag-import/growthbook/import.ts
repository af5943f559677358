import { imported } from "../imported.ts";
import type { Bucketing, Draft, Imported } from "../imported.ts";
import { fields, items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { Conditions } from "./condition.ts";
import { experimentOf, rulesOf, variationsOf } from "./rule.ts";

const featureRule = (key: string): string => `growthbook.feature:${key}`;

/** Names the distinct values of a feature; flagd's variants must be of one type. */
class Values {
  readonly variants: Record<string, unknown> = {};
  readonly #names = new Map<string, string>();

  nameOf(value: unknown): string {
    const identity = JSON.stringify(value) ?? "null";
    const known = this.#names.get(identity);
    if (known !== undefined) return known;
    const plain = typeof value === "boolean" ? (value ? "on" : "off") : `value-${this.#names.size}`;
    this.#names.set(identity, plain);
    this.variants[plain] = value;
    return plain;
  }
}

/** No variant: the flag has no value, which is GrowthBook's null. */
const NULL = null;

interface Reading {
  readonly payload: unknown;
  readonly values: ReadonlyMap<string, Values>;
  readonly missing: string[];
  readonly parents: Set<string>;
}

const nameIn = (values: Values, value: unknown): string | null =>
  value === null || value === undefined ? NULL : values.nameOf(value);

function allOf(tests: readonly unknown[]): unknown {
  return tests.length === 0 ? true : tests.length === 1 ? tests[0] : { and: tests };
}

/** Every value that the feature can have, found before rules refer to it. */
function collectValues(feature: unknown): Values {
  const values = new Values();
  const all = rulesOf(feature).flatMap((rule) => [
    ...(Object.hasOwn(rule, "force") ? [rule["force"]] : []),
    ...(variationsOf(rule) ?? []),
  ]);
  for (const value of [own(feature, "defaultValue"), ...all]) nameIn(values, value);
  return values;
}

/** A prerequisite as the list of the parent's variants that satisfy it. */
function parentTest(parent: unknown, reading: Reading): unknown {
  const id = textOr(own(parent, "id"), "");
  const conditions = new Conditions(own(reading.payload, "savedGroups"));
  const condition = own(parent, "condition") ?? {};
  const holds = (value: unknown): boolean => conditions.holds({ value }, condition);
  const values = reading.values.get(id);
  if (values === undefined) return holds(null);
  reading.parents.add(id);
  const names: unknown[] = Object.entries(values.variants)
    .filter(([, value]) => holds(value))
    .map(([name]) => name);
  return { in: [{ $ref: featureRule(id) }, holds(null) ? [...names, null] : names] };
}

/** A rule as tests, and what it serves when all hold; a test on a gate stops the feature. */
function ruleBranch(key: string, rule: Fields, reading: Reading): readonly unknown[] {
  const { payload, missing } = reading;
  const values = reading.values.get(key) ?? new Values();
  const savedGroups = own(payload, "savedGroups") ?? {};
  const tests: unknown[] = [];
  const gates: unknown[] = [];
  for (const parent of items(rule["parentConditions"])) {
    const test = parentTest(parent, reading);
    if (own(parent, "gate")) gates.push(allOf([...tests, { "!": [test] }]), NULL);
    tests.push(test);
  }
  if (rule["filters"]) tests.push({ "growthbook.filters": [rule["filters"]] });
  if (rule["fallbackAttribute"] !== undefined || rule["minBucketVersion"] !== undefined) {
    missing.push("sticky buckets: nothing is kept, every unit is hashed each time");
  }
  if (Object.hasOwn(rule, "force")) {
    const condition = rule["condition"];
    if (condition) tests.push({ "growthbook.condition": [condition, savedGroups] });
    if (rule["range"] || rule["coverage"] !== undefined) {
      const { coverage, range, hashAttribute, hashVersion } = {
        coverage: rule["coverage"] ?? null,
        range: rule["range"] ?? null,
        hashAttribute: rule["hashAttribute"] ?? "id",
        hashVersion: rule["hashVersion"] ?? 1,
      };
      const seed = textOr(rule["seed"], "") || key;
      tests.push({ "growthbook.rollout": [{ seed, coverage, range, hashAttribute, hashVersion }] });
    }
    return [...gates, allOf(tests), nameIn(values, rule["force"])];
  }
  const variations = variationsOf(rule);
  if (variations === null) return gates;
  const { variations: _values, ...experiment } = experimentOf(rule, variations, key);
  const arms = variations.map((value) => nameIn(values, value));
  const bandit = own(own(payload, "contextualBandits"), textOr(rule["contextualBanditRef"], ""));
  const run = {
    "growthbook.experiment": [
      {
        experiment: { ...experiment, variations: arms },
        arms: arms.map((name) => name ?? ""),
        savedGroups,
        ...(bandit === undefined ? {} : { bandit }),
      },
    ],
  };
  return [...gates, allOf([...tests, run]), run];
}

/** Several types in one feature: flagd allows one, so the values are wrapped. */
function wrapped(values: Values, missing: string[]): Fields {
  const types = new Set(Object.values(values.variants).map((value) => typeof value));
  if (types.size <= 1) return values.variants;
  missing.push('values of several types: each is wrapped as {"value": …}');
  return Object.fromEntries(
    Object.entries(values.variants).map(([name, value]) => [name, { value }]),
  );
}

function versionOf(feature: unknown): Bucketing {
  const experiments = rulesOf(feature).filter(
    (rule) => variationsOf(rule) !== null || rule["coverage"] !== undefined || rule["range"],
  );
  return experiments.some((rule) => rule["hashVersion"] !== 2) ? "growthbook-1" : "growthbook-2";
}

/** Imports the answer of GrowthBook's SDK endpoint: `{features, savedGroups, contextualBandits}`. */
export function importGrowthbook(payload: unknown): Imported {
  const features = Object.entries(fields(own(payload, "features")));
  const values = new Map(features.map(([key, feature]) => [key, collectValues(feature)]));
  const parents = new Set<string>();
  const evaluators: Record<string, unknown> = {};
  const drafts: Draft[] = [];
  for (const [key, feature] of features) {
    const missing: string[] = [];
    const mine = values.get(key) ?? new Values();
    const reading: Reading = { payload, values, missing, parents };
    const branches = rulesOf(feature).flatMap((rule) => ruleBranch(key, rule, reading));
    const otherwise = nameIn(mine, own(feature, "defaultValue"));
    const rule = branches.length === 0 ? otherwise : { if: [...branches, otherwise] };
    evaluators[featureRule(key)] = rule;
    const variants = wrapped(mine, missing);
    const empty = Object.keys(variants).length === 0;
    drafts.push({
      key,
      missing,
      flag: {
        state: "ENABLED",
        variants: empty ? { off: false } : variants,
        // A gate's null must not become the default value, so a flag with rules has no default.
        defaultVariant: branches.length === 0 ? otherwise : NULL,
        ...(branches.length === 0 ? {} : { targeting: rule }),
        metadata: { bucketing: versionOf(feature) },
      },
    });
  }
  const used = Object.entries(evaluators).filter(([name]) =>
    parents.has(name.slice(featureRule("").length)),
  );
  return imported(drafts, "growthbook-2", Object.fromEntries(used));
}
