import type { Condition, ConditionOperator } from "../domain/condition.ts";
import { OPERATORS } from "../domain/condition.ts";
import { FLAG_KINDS } from "../domain/flag.ts";
import type { Configuration, FlagKind, Gate, Prerequisite, Rule, Serve } from "../domain/flag.ts";
import { PARTS, widthOf } from "../domain/parts.ts";

const operators = {
  equals: "is",
  "not-equals": "is not",
  in: "is one of",
  "not-in": "is none of",
  contains: "contains",
  "starts-with": "starts with",
  "ends-with": "ends with",
  "greater-than": "is above",
  "at-least": "is at least",
  "less-than": "is below",
  "at-most": "is at most",
  present: "is known",
  "version-equals": "is version",
  "version-greater-than": "is a version above",
  "version-at-least": "is a version of at least",
  "version-less-than": "is a version below",
  "version-at-most": "is a version of at most",
  "version-same-major": "has the major version of",
  "version-same-minor": "has the minor version of",
} as const satisfies Record<ConditionOperator, string>;

/** "is one of" for `in`; an operator that is not ours stays what it is. */
export function operatorWords(operator: string): string {
  return operatorOptions.find(({ value }) => value === operator)?.label ?? operator;
}

/** Every comparison, for a list to choose from. */
export const operatorOptions = OPERATORS.map((value) => ({ value, label: operators[value] }));

/** A condition as people say it: "country is one of DE, FR and plan is pro". */
export function conditionWords(condition: Condition): string {
  if ("all" in condition) return joined(condition.all, "and");
  if ("any" in condition) return joined(condition.any, "or");
  if ("not" in condition) return `not (${conditionWords(condition.not)})`;
  const { attribute, operator, value } = condition;
  const words = `${attribute} ${operators[operator]}`;
  if (value === undefined) return words;
  return `${words} ${Array.isArray(value) ? value.join(", ") : String(value)}`;
}

function joined(conditions: readonly Condition[], by: "and" | "or"): string {
  return conditions
    .map((one) => ("all" in one || "any" in one ? `(${conditionWords(one)})` : conditionWords(one)))
    .join(` ${by} `);
}

const shareDigits = 2;

function shareWords(share: number): string {
  return `${Number((share * 100).toFixed(shareDigits))}%`;
}

/** "treatment", or "control 50%, treatment 50%". */
export function serveWords(serve: Serve): string {
  if ("variant" in serve) return serve.variant;
  if ("targeting" in serve) return "what an imported expression says";
  return serve.split.map(({ variant, share }) => `${variant} ${shareWords(share)}`).join(", ");
}

/** "checkout.v2 gives on". */
export function prerequisiteWords({ flag, variants }: Prerequisite): string {
  return `${flag} gives ${variants.join(" or ")}`;
}

/** The share of all units that the ranges of a gate let through. */
export function gateShare({ ranges, negate }: Gate): number {
  const inside = widthOf(ranges) / PARTS;
  return negate ? 1 - inside : inside;
}

/** What a gate is for: "layer checkout", "not held out by winter", "canary Berlin". */
export function gateWords({ source, negate }: Gate): string {
  switch (source.kind) {
    case "layer":
      return `layer ${source.key}`;
    case "holdout":
      return negate ? `not held out by ${source.key}` : `holdout ${source.key}`;
    case "canary":
      return `canary ${source.name}`;
  }
}

type RuleInWords = Pick<Rule, "when" | "prerequisites" | "exposureShare" | "serve">;

/** One rule as a sentence. */
export function ruleWords(rule: RuleInWords): string {
  const who = rule.when === null ? "Everyone" : `Whoever’s ${conditionWords(rule.when)}`;
  const gate = rule.exposureShare === 1 ? "" : `, ${shareWords(rule.exposureShare)} of them,`;
  const needs =
    rule.prerequisites.length === 0
      ? ""
      : ` where ${rule.prerequisites.map(prerequisiteWords).join(" and ")}`;
  return `${who}${gate}${needs} gets ${serveWords(rule.serve)}`;
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** Who sees what in an environment, in one sentence. */
export function configurationWords(
  configuration:
    | (Omit<Configuration, "rules"> & { readonly rules: readonly RuleInWords[] })
    | undefined,
): string {
  if (configuration === undefined)
    return "Nothing is published; the default in the code is served.";
  const { enabled, offVariant, defaultVariant, rules } = configuration;
  if (!enabled) return `Off: everyone gets ${offVariant ?? "the default in the code"}.`;
  const rest = defaultVariant ?? "the default in the code";
  if (rules.length === 0) return `Everyone gets ${rest}.`;
  const first = rules
    .slice(0, 2)
    .map((rule, index) => (index === 0 ? ruleWords(rule) : lowered(ruleWords(rule))))
    .join("; ");
  const more = rules.length > 2 ? `; ${rules.length - 2} more rules` : "";
  const all = rules.some(({ when, exposureShare }) => when === null && exposureShare === 1);
  return all ? `${first}${more}.` : `${first}${more}; everyone else gets ${rest}.`;
}

/** A variant's value as it is in code. */
export function valueWords(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}

const kindNames = {
  release: "Release",
  experiment: "Experiment",
  "kill-switch": "Kill switch",
  permission: "Permission",
  configuration: "Configuration",
} as const satisfies Record<FlagKind, string>;

export function kindWords(kind: FlagKind): string {
  return kindNames[kind];
}

/** Every kind, for a list to choose from. */
export const kindOptions = FLAG_KINDS.map((value) => ({ value, label: kindNames[value] }));
