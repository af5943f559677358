import type { Comparison, Condition, ConditionOperator } from "../../domain/condition.ts";
import { OPERATORS } from "../../domain/condition.ts";
import type { Arm, Configuration, Rule, Serve } from "../../domain/flag.ts";

/** A rule that is being written; a new one gets its salt from the server. */
export type RuleDraft = Omit<Rule, "salt"> & { readonly salt?: string };

export interface ConfigurationDraft extends Omit<Configuration, "rules"> {
  readonly rules: readonly RuleDraft[];
}

/** The list with one item in another place. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const item = list[from];
  if (item === undefined || to < 0 || to >= list.length) return list;
  const rest = list.toSpliced(from, 1);
  return rest.toSpliced(to, 0, item);
}

/** The list with one item replaced, or taken out for undefined. */
export function replaced<T>(list: readonly T[], index: number, item: T | undefined): readonly T[] {
  return item === undefined ? list.toSpliced(index, 1) : list.toSpliced(index, 1, item);
}

const SHARE_DIGITS = 6;

function rounded(share: number): number {
  return Number(share.toFixed(SHARE_DIGITS));
}

/** All variants alike; what rounding leaves goes to the first. */
export function evenSplit(variants: readonly string[]): readonly Arm[] {
  const share = Math.floor(10_000 / Math.max(1, variants.length)) / 10_000;
  const first = rounded(1 - share * (variants.length - 1));
  return variants.map((variant, index) => ({ variant, share: index === 0 ? first : share }));
}

/**
 * A split with another share of one arm. The difference comes from the next arm, then from those
 * after and before it, so that as few arms as can be lose or gain people.
 */
export function withShare(arms: readonly Arm[], index: number, share: number): readonly Arm[] {
  const wanted = Math.min(1, Math.max(0, share));
  const shares = arms.map((arm) => arm.share);
  let owed = rounded(wanted - (shares[index] ?? 0));
  shares[index] = wanted;
  const after = arms.map((_, place) => place).slice(index + 1);
  const before = arms.map((_, place) => place).slice(0, index);
  for (const place of [...after, ...before.toReversed()]) {
    const had = shares[place] ?? 0;
    const has = Math.min(1, Math.max(0, rounded(had - owed)));
    owed = rounded(owed - (had - has));
    shares[place] = has;
  }
  return arms.map((arm, place) => ({ ...arm, share: rounded(shares[place] ?? 0) }));
}

/** What a split adds up to, 1 for one that can be published. */
export function totalOf(arms: readonly Arm[]): number {
  return rounded(arms.reduce((sum, { share }) => sum + share, 0));
}

/** One variant as a split that begins with it, or the first arm of a split as one variant. */
export function asServe(
  serve: Serve,
  kind: "variant" | "split",
  variants: readonly string[],
): Serve {
  if (kind === "variant") {
    if ("variant" in serve) return serve;
    const arm = "split" in serve ? serve.split[0]?.variant : undefined;
    return { variant: arm ?? variants[0] ?? "" };
  }
  if ("split" in serve) return serve;
  return { split: evenSplit(variants) };
}

function freeId(rules: readonly RuleDraft[]): string {
  const taken = new Set(rules.map(({ id }) => id));
  let number = rules.length + 1;
  while (taken.has(`rule-${number}`)) number += 1;
  return `rule-${number}`;
}

/**
 * A rule that changes nothing for anybody until its exposure is opened.
 *
 * @param base  what everyone else gets; the rule serves another variant
 */
export function newRule(
  rules: readonly RuleDraft[],
  variants: readonly string[],
  base: string | undefined,
): RuleDraft {
  return {
    id: freeId(rules),
    description: "",
    when: null,
    prerequisites: [],
    gates: [],
    layers: [],
    overrides: [],
    serve: { variant: variants.find((name) => name !== base) ?? variants[0] ?? "" },
    exposureShare: 0,
    phase: 1,
    sticky: null,
    unit: "targetingKey",
    bucketing: "flagd-v2",
    recordExposure: false,
    experimentId: null,
  };
}

/** The same rule again with a life of its own: another id and salt, no experiment. */
export function copyOf(rule: RuleDraft, rules: readonly RuleDraft[]): RuleDraft {
  const { salt: _salt, ...rest } = rule;
  return { ...rest, id: freeId(rules), phase: 1, experimentId: null };
}

/** What an operator compares with. */
export type ValueKind = "nothing" | "scalar" | "list" | "text" | "number" | "version";

export function valueKind(operator: ConditionOperator): ValueKind {
  switch (operator) {
    case "present":
      return "nothing";
    case "in":
    case "not-in":
      return "list";
    case "starts-with":
    case "ends-with":
      return "text";
    case "greater-than":
    case "at-least":
    case "less-than":
    case "at-most":
      return "number";
    case "equals":
    case "not-equals":
    case "contains":
      return "scalar";
    case "version-equals":
    case "version-greater-than":
    case "version-at-least":
    case "version-less-than":
    case "version-at-most":
    case "version-same-major":
    case "version-same-minor":
      return "version";
  }
}

type Scalar = string | number | boolean;

/**
 * A value as people type it: `7` and `true` are what they look like, quotes make a text of them.
 */
export function readScalar(text: string): Scalar {
  const trimmed = text.trim();
  if (/^".*"$/u.test(trimmed)) return trimmed.slice(1, -1);
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  const number = Number(trimmed);
  return trimmed !== "" && Number.isFinite(number) && String(number) === trimmed ? number : trimmed;
}

/** The text from which `readScalar` reads the same value. */
export function writeScalar(value: Scalar): string {
  if (typeof value !== "string") return String(value);
  return readScalar(value) === value ? value : `"${value}"`;
}

/** The values of a list, separated by commas or lines. */
export function readList(text: string): readonly Scalar[] {
  return text
    .split(/[,\n]/u)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(readScalar);
}

export function writeList(values: readonly Scalar[]): string {
  return values.map(writeScalar).join(", ");
}

/** What was typed, as the value that the operator takes; undefined for none. */
export function readValue(operator: ConditionOperator, text: string): Comparison["value"] {
  switch (valueKind(operator)) {
    case "nothing":
      return undefined;
    case "list":
      return readList(text);
    case "number": {
      const value = Number(text);
      return text.trim() !== "" && Number.isFinite(value) ? value : text;
    }
    case "scalar":
      return readScalar(text);
    case "text":
    case "version":
      return text.trim();
  }
}

export function writeValue({ operator, value }: Comparison): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return writeList(value);
  if (typeof value === "object") return "";
  return valueKind(operator) === "scalar" ? writeScalar(value) : String(value);
}

/** The comparison with another operator; what was typed stays, read anew. */
export function withOperator(comparison: Comparison, name: string): Comparison {
  const operator = OPERATORS.find((one) => one === name) ?? comparison.operator;
  const value = readValue(operator, writeValue(comparison));
  const { attribute } = comparison;
  return value === undefined ? { attribute, operator } : { attribute, operator, value };
}

export const emptyComparison: Comparison = { attribute: "", operator: "equals", value: "" };

/** A condition as a group, so that more can be added beside it. */
export type Group = {
  readonly by: "all" | "any";
  readonly not: boolean;
  readonly items: readonly Condition[];
};

export function isComparison(condition: Condition): condition is Comparison {
  return "attribute" in condition;
}

/** Reads `all`, `any`, `not` of either, and a single comparison as a group of one. */
export function groupOf(condition: Condition): Group {
  if ("all" in condition) return { by: "all", not: false, items: condition.all };
  if ("any" in condition) return { by: "any", not: false, items: condition.any };
  if ("not" in condition) {
    const inner = condition.not;
    if ("all" in inner || "any" in inner) return { ...groupOf(inner), not: true };
    return { by: "all", not: true, items: [inner] };
  }
  return { by: "all", not: false, items: [condition] };
}

/** The condition that a group says; null for one without items. */
export function conditionOf({ by, not, items }: Group): Condition | null {
  const [only] = items;
  if (only === undefined) return null;
  const inner: Condition =
    items.length === 1 && by === "all" ? only : by === "all" ? { all: items } : { any: items };
  return not ? { not: inner } : inner;
}
