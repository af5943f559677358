import { imported } from "../imported.ts";
import type { Draft, Imported } from "../imported.ts";
import { fields, items, own, textOr } from "../reading.ts";
import { flagsmithContext, readEnvironment } from "./context.ts";
import { byPriority, overridesOf, resultOf, variantOf } from "./feature.ts";
import type { FlagsmithResult } from "./feature.ts";
import { compileSegment, CONDITION_OPERATORS } from "./segment.ts";

const segmentRule = (key: string): string => `flagsmith.segment:${key}`;

/** Names the forms of a feature: the plain one or an override, and of each its variants. */
class Forms {
  readonly variants: Record<string, unknown> = {};
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  names(prefix: string, feature: unknown, segment: unknown): readonly string[] {
    const count = byPriority(feature).length;
    return Array.from({ length: count + 1 }, (_form, index) => {
      const result = resultOf(this.#name, feature, index - 1, segment);
      const form = index === 0 ? prefix : `${prefix}/${result.variant ?? String(index)}`;
      const key = Object.hasOwn(this.variants, form) ? `${form}#${index}` : form;
      const { enabled, value, reason, variant, metadata } = result;
      const more = metadata === undefined ? {} : { metadata };
      this.variants[key] = { enabled, value, reason, variant, ...more };
      return key;
    });
  }
}

function formRule(feature: unknown, names: readonly string[], environment: unknown): unknown {
  const variants = byPriority(feature).map((one) => ({
    weight: own(one, "weight"),
    priority: own(one, "priority"),
  }));
  const [plain] = names;
  if (variants.length === 0) return plain;
  return {
    "flagsmith.variant": [{ key: own(feature, "key") ?? "", variants, names, environment }],
  };
}

function unknownOperators(rules: unknown, depth = 0): readonly string[] {
  if (depth > 64) return [];
  return items(rules).flatMap((rule) => [
    ...items(own(rule, "conditions"))
      .map((condition) => textOr(own(condition, "operator"), "?"))
      .filter((operator) => !CONDITION_OPERATORS.has(operator))
      .map((operator) => `unknown operator "${operator}": never holds`),
    ...unknownOperators(own(rule, "rules"), depth + 1),
  ]);
}

function importFeature(name: string, feature: unknown, document: unknown): Draft {
  const environment = readEnvironment(own(document, "environment"));
  const forms = new Forms(name);
  const plain = forms.names("default", feature, undefined);
  const overrides = overridesOf(name, fields(own(document, "segments")));
  const branches = overrides.flatMap(({ feature: override, segment }) => {
    const key = textOr(segment["key"], "");
    const prefix = `segment ${textOr(segment["name"], key)}`;
    const names = forms.names(prefix, override, segment);
    return [{ $ref: segmentRule(key) }, formRule(override, names, environment)];
  });
  const otherwise = formRule(feature, plain, environment);
  const rule = branches.length === 0 ? otherwise : { if: [...branches, otherwise] };
  return {
    key: name,
    missing: overrides.flatMap(({ segment }) => unknownOperators(segment["rules"])),
    flag: {
      state: "ENABLED",
      variants: forms.variants,
      defaultVariant: "default",
      ...(typeof rule === "string" ? {} : { targeting: rule }),
    },
  };
}

/**
 * Imports a Flagsmith evaluation context (`{environment, features, segments}`), what its engines
 * are given for an environment. A feature has a state and a value, so its flag is an object.
 */
export function importFlagsmith(document: unknown): Imported {
  const environment = readEnvironment(own(document, "environment"));
  const drafts = Object.entries(fields(own(document, "features"))).map(([name, feature]) =>
    importFeature(textOr(own(feature, "name"), name), feature, document),
  );
  const used = JSON.stringify(drafts.map(({ flag }) => flag.targeting ?? null));
  const evaluators = Object.values(fields(own(document, "segments")))
    .map((segment) => {
      const { key, name, rules } = fields(segment);
      return [
        segmentRule(textOr(key, "")),
        { "flagsmith.segment": [{ key, name, rules }, environment] },
      ] as const;
    })
    .filter(([name]) => used.includes(JSON.stringify(name)));
  return imported(drafts, "flagsmith", Object.fromEntries(evaluators));
}

/** The segments that the context is in and every feature, as Flagsmith's engines tell it. */
export function flagsmithEvaluation(
  document: unknown,
  root: unknown,
): {
  readonly flags: Readonly<Record<string, FlagsmithResult>>;
  readonly segments: readonly unknown[];
} {
  const context = flagsmithContext(root, readEnvironment(own(document, "environment")));
  const segments = fields(own(document, "segments"));
  const within = Object.values(segments).filter((segment) => compileSegment(segment)(context));
  const flags = Object.entries(fields(own(document, "features"))).map(([key, feature]) => {
    const name = textOr(own(feature, "name"), key);
    const strongest = overridesOf(name, segments).find(({ segment }) => within.includes(segment));
    const form = strongest?.feature ?? feature;
    return [name, resultOf(name, form, variantOf(form, context), strongest?.segment)] as const;
  });
  return {
    flags: Object.fromEntries(flags),
    segments: within.map((segment) => {
      const { name, metadata } = fields(segment);
      return metadata === undefined ? { name } : { name, metadata };
    }),
  };
}
