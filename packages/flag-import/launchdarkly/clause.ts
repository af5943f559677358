import { parseVersion, relateVersions } from "@paceline/flag-eval";

import { re2Pattern } from "../pattern.ts";
import { items, own, textOr } from "../reading.ts";
import { contextOf, kindsOf, readReference, valueAt } from "./context.ts";

/** Whether something matches; null for a flag that LaunchDarkly calls malformed. */
export type Match = boolean | null;

type Compare = (expected: unknown) => (actual: unknown) => boolean;

const never = (): boolean => false;

function ofText(test: (actual: string, expected: string) => boolean): Compare {
  return (expected) =>
    typeof expected === "string"
      ? (actual) => typeof actual === "string" && test(actual, expected)
      : never;
}

function ofNumbers(test: (actual: number, expected: number) => boolean): Compare {
  return (expected) =>
    typeof expected === "number"
      ? (actual) => typeof actual === "number" && test(actual, expected)
      : never;
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function instant(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !RFC_3339.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}

function ofInstants(test: (actual: number, expected: number) => boolean): Compare {
  return (source) => {
    const expected = instant(source);
    if (expected === null) return never;
    return (value) => {
      const actual = instant(value);
      return actual !== null && test(actual, expected);
    };
  };
}

/** LaunchDarkly fills absent parts of a version: `2-rc` is `2.0.0-rc`. */
function version(value: unknown): ReturnType<typeof parseVersion> {
  if (typeof value !== "string") return null;
  const found = /^(\d+)(\.\d+)?(\.\d+)?([-+].*)?$/.exec(value);
  if (found === null) return null;
  const [, major = "", minor = ".0", patch = ".0", rest = ""] = found;
  return parseVersion(`${major}${minor}${patch}${rest}`);
}

function ofVersions(relation: string): Compare {
  return (source) => {
    const expected = version(source);
    return (actual) => relateVersions(version(actual), relation, expected) === true;
  };
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    return false;
  }
}

const COMPARISONS: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ["in", (expected) => (actual) => equal(actual, expected)],
  ["startsWith", ofText((actual, expected) => actual.startsWith(expected))],
  ["endsWith", ofText((actual, expected) => actual.endsWith(expected))],
  ["contains", ofText((actual, expected) => actual.includes(expected))],
  ["lessThan", ofNumbers((actual, expected) => actual < expected)],
  ["lessThanOrEqual", ofNumbers((actual, expected) => actual <= expected)],
  ["greaterThan", ofNumbers((actual, expected) => actual > expected)],
  ["greaterThanOrEqual", ofNumbers((actual, expected) => actual >= expected)],
  ["before", ofInstants((actual, expected) => actual < expected)],
  ["after", ofInstants((actual, expected) => actual > expected)],
  ["semVerEqual", ofVersions("=")],
  ["semVerLessThan", ofVersions("<")],
  ["semVerGreaterThan", ofVersions(">")],
  [
    "matches",
    (expected) => {
      const matches = typeof expected === "string" ? re2Pattern(expected) : never;
      return (actual) => typeof actual === "string" && matches(actual);
    },
  ],
]);

export function isKnownOperator(operator: unknown): boolean {
  return operator === "segmentMatch" || COMPARISONS.has(textOr(operator, ""));
}

/** Whether the clause's attribute can be read at all. */
export function isWellFormed(clause: unknown): boolean {
  return readReference(own(clause, "attribute"), !own(clause, "contextKind")) !== null;
}

/** Compiles a clause on an attribute; segments are not its matter. */
export function compileClause(clause: unknown): (root: unknown) => Match {
  const compare = COMPARISONS.get(textOr(own(clause, "op"), ""));
  const kind = own(clause, "contextKind");
  const reference = readReference(own(clause, "attribute"), !kind);
  const negate = own(clause, "negate") === true;
  if (reference === null) return () => null;
  const tests = compare === undefined ? [] : items(own(clause, "values")).map(compare);
  const holds = (value: unknown): boolean => tests.some((test) => test(value));
  if (own(clause, "attribute") === "kind") {
    return (root) => kindsOf(root).some(holds) !== negate;
  }
  return (root) => {
    const context = contextOf(root, kind);
    const value = context === null ? undefined : valueAt(context, reference);
    if (value === undefined || value === null) return false;
    return (Array.isArray(value) ? value.some(holds) : holds(value)) !== negate;
  };
}
