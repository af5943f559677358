import { parseVersion, relateVersions, text } from "@paceline/flag-eval";

import { javaScriptPattern } from "../pattern.ts";
import { items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { identityKey, valueOf } from "./context.ts";
import { percentageOf } from "./hash.ts";

type Test = (value: unknown) => boolean;

const RELATIONS: ReadonlyMap<string, string> = new Map([
  ["EQUAL", "="],
  ["NOT_EQUAL", "!="],
  ["GREATER_THAN", ">"],
  ["GREATER_THAN_INCLUSIVE", ">="],
  ["LESS_THAN", "<"],
  ["LESS_THAN_INCLUSIVE", "<="],
]);

export const CONDITION_OPERATORS: ReadonlySet<string> = new Set([
  ...RELATIONS.keys(),
  "CONTAINS",
  "NOT_CONTAINS",
  "REGEX",
  "MODULO",
  "IN",
  "IS_SET",
  "IS_NOT_SET",
  "PERCENTAGE_SPLIT",
]);

function related(relation: string, a: number | string, b: number | string): boolean {
  switch (relation) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "<":
      return a < b;
    default:
      return a <= b;
  }
}

const NUMERIC = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function numeric(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMERIC.test(value) ? Number(value) : null;
}

/** The condition's text is read as what the value is: a version, boolean, number or text. */
function comparison(relation: string, source: string): Test {
  if (source.endsWith(":semver")) {
    const bound = parseVersion(source.slice(0, -":semver".length));
    return (value) =>
      typeof value === "string" && relateVersions(parseVersion(value), relation, bound) === true;
  }
  const bound = numeric(source);
  return (value) => {
    if (typeof value === "boolean") {
      const wanted = source !== "false" && source !== "False";
      return related(relation, Number(value), Number(wanted));
    }
    if (typeof value === "number") return bound !== null && related(relation, value, bound);
    return typeof value === "string" && related(relation, value, source);
  };
}

function modulo(source: string): Test {
  const [divisor, remainder] = source.split("|").map(numeric);
  if (divisor == null || remainder == null || source.split("|").length !== 2) return () => false;
  return (value) => {
    const number = numeric(value);
    return number !== null && number % divisor === remainder;
  };
}

/** A list, the text of a JSON list, or values with commas between. */
function listed(source: unknown): Test {
  let values: readonly unknown[] = text(source).split(",");
  if (Array.isArray(source)) values = source;
  else if (typeof source === "string" && source.startsWith("[")) {
    try {
      const parsed: unknown = JSON.parse(source);
      if (Array.isArray(parsed)) values = parsed;
    } catch {
      // Not JSON after all: the values between the commas count.
    }
  }
  const known = new Set([...values.map((value) => text(value)), text(source)]);
  return (value) => typeof value !== "boolean" && value != null && known.has(text(value));
}

function conditionTest(operator: string, source: unknown): Test {
  const expected = text(source ?? "");
  const relation = RELATIONS.get(operator);
  if (relation !== undefined) return comparison(relation, expected);
  switch (operator) {
    case "CONTAINS":
      return (value) => typeof value === "string" && value.includes(expected);
    case "NOT_CONTAINS":
      return (value) => typeof value === "string" && !value.includes(expected);
    case "REGEX": {
      // Flagsmith matches from the start, as Python's `re.match`.
      const matches = javaScriptPattern(`^(?:${expected})`);
      return (value) => value != null && matches(text(value));
    }
    case "MODULO":
      return modulo(expected);
    case "IN":
      return listed(source);
    default:
      return () => false;
  }
}

function compileCondition(condition: unknown, segment: string): (context: Fields) => boolean {
  const operator = textOr(own(condition, "operator"), "");
  const property = textOr(own(condition, "property"), "");
  const source = own(condition, "value");
  switch (operator) {
    case "IS_SET":
      return (context) => valueOf(context, property) != null;
    case "IS_NOT_SET":
      return (context) => valueOf(context, property) == null;
    case "PERCENTAGE_SPLIT": {
      const share = numeric(source);
      return (context) => {
        const id = property === "" ? identityKey(context) : valueOf(context, property);
        return share !== null && id != null && percentageOf([segment, text(id)]) <= share;
      };
    }
    default: {
      const test = conditionTest(operator, source);
      return (context) => {
        const value = valueOf(context, property);
        return value != null && test(value);
      };
    }
  }
}

// Deeper than any rule a person wrote, far below the call stack.
const MAX_DEPTH = 64;

function compileRule(rule: unknown, segment: string, depth: number): (context: Fields) => boolean {
  if (depth > MAX_DEPTH) return () => false;
  const tests = [
    ...items(own(rule, "conditions")).map((one) => compileCondition(one, segment)),
    ...items(own(rule, "rules")).map((one) => compileRule(one, segment, depth + 1)),
  ];
  const type = own(rule, "type");
  return (context) => {
    const holds = (test: (context: Fields) => boolean): boolean => test(context);
    if (type === "ALL") return tests.every(holds);
    if (type === "ANY") return tests.length === 0 || tests.some(holds);
    return type === "NONE" && !tests.some(holds);
  };
}

/** Compiles a segment; one without rules holds nobody. */
export function compileSegment(segment: unknown): (context: Fields) => boolean {
  const key = textOr(own(segment, "key"), "");
  const rules = items(own(segment, "rules")).map((rule) => compileRule(rule, key, 0));
  return (context) => rules.length > 0 && rules.every((rule) => rule(context));
}
