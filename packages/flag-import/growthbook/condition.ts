import { text } from "@paceline/flag-eval";

import { javaScriptPattern } from "../pattern.ts";
import { fields, isFields, items, own } from "../reading.ts";
import type { Fields } from "../reading.ts";

// Deeper than any condition a person wrote, far below the call stack.
const MAX_DEPTH = 100;

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The value at a path with dots; null when it is not there. */
function valueAt(source: unknown, path: string): unknown {
  let current = source;
  for (const name of path.split(".")) {
    if (!isObject(current) || !Object.hasOwn(current, name)) return null;
    current = Object.getOwnPropertyDescriptor(current, name)?.value;
  }
  return current;
}

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return value === null ? 0 : value === undefined ? NaN : Number(text(value));
}

function ordered(left: unknown, right: unknown, test: (sign: number) => boolean): boolean {
  const [a, b] = [left, right].map((one) => (isObject(one) ? text(one) : one));
  if (typeof a === "string" && typeof b === "string") return test(a < b ? -1 : a > b ? 1 : 0);
  const difference = toNumber(a) - toNumber(b);
  return !Number.isNaN(difference) && test(difference);
}

/** Pads the numbers of a version so that it can be compared as text; GrowthBook's own order. */
export function paddedVersion(source: unknown): string {
  const version = typeof source === "number" ? String(source) : source;
  const plain = typeof version === "string" && version !== "" ? version : "0";
  const parts = plain.replaceAll(/(^v|\+.*$)/g, "").split(/[-.]/);
  if (parts.length === 3) parts.push("~");
  return parts.map((part) => (/^\d+$/.test(part) ? part.padStart(5, " ") : part)).join("-");
}

function sameJson(left: unknown, right: unknown): boolean {
  try {
    return JSON.stringify(left) === JSON.stringify(right);
  } catch {
    return false;
  }
}

function isOperators(condition: Fields): boolean {
  const names = Object.keys(condition);
  return names.length > 0 && names.every((name) => name.startsWith("$"));
}

function folded(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

function isIn(actual: unknown, expected: unknown, ignoringCase = false): boolean {
  const fold = (value: unknown): unknown => (ignoringCase ? folded(value) : value);
  const wanted = new Set(items(expected).map(fold));
  return Array.isArray(actual)
    ? actual.some((one: unknown) => wanted.has(fold(one)))
    : wanted.has(fold(actual));
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** Conditions of GrowthBook, over the saved groups of one payload. */
export class Conditions {
  readonly #groups: unknown;
  readonly #patterns = new Map<string, (subject: string) => boolean>();

  constructor(savedGroups: unknown) {
    this.#groups = savedGroups;
  }

  /** Whether the attributes satisfy the condition; false for what is no condition. */
  holds(attributes: unknown, condition: unknown, depth = 0): boolean {
    if (!isFields(condition) || depth > MAX_DEPTH) return false;
    const all = (list: unknown): boolean =>
      items(list).every((one) => this.holds(attributes, one, depth + 1));
    const any = (list: unknown): boolean =>
      items(list).length === 0 || items(list).some((one) => this.holds(attributes, one, depth + 1));
    return Object.entries(condition).every(([name, value]) => {
      switch (name) {
        case "$or":
          return any(value);
        case "$nor":
          return !any(value);
        case "$and":
          return all(value);
        case "$not":
          return !this.holds(attributes, value, depth + 1);
        default:
          return this.#matches(value, valueAt(attributes, name), depth + 1);
      }
    });
  }

  #matches(condition: unknown, value: unknown, depth: number, ignoringCase = false): boolean {
    if (typeof condition === "string") {
      return ignoringCase
        ? text(value).toLowerCase() === condition.toLowerCase()
        : text(value) === condition;
    }
    if (typeof condition === "number") return toNumber(value) === condition;
    if (typeof condition === "boolean") return value !== null && Boolean(value) === condition;
    if (condition === null) return value === null;
    if (!isFields(condition) || !isOperators(condition)) return sameJson(value, condition);
    if (depth > MAX_DEPTH) return false;
    return Object.entries(condition).every(([operator, expected]) =>
      this.#operator(operator, value, expected, depth + 1),
    );
  }

  #operator(operator: string, actual: unknown, expected: unknown, depth: number): boolean {
    if (operator.startsWith("$v")) {
      const [a, b] = [paddedVersion(actual), paddedVersion(expected)];
      return compares(`$${operator.slice(2)}`, a, b);
    }
    const listed = Array.isArray(expected);
    switch (operator) {
      case "$exists":
        return expected ? actual != null : actual == null;
      case "$in":
        return listed && isIn(actual, expected);
      case "$ini":
        return listed && isIn(actual, expected, true);
      case "$nin":
        return listed && !isIn(actual, expected);
      case "$nini":
        return listed && !isIn(actual, expected, true);
      case "$inGroup":
        return isIn(actual, own(this.#groups, text(expected)));
      case "$notInGroup":
        return !isIn(actual, own(this.#groups, text(expected)));
      case "$not":
        return !this.#matches(expected, actual, depth);
      case "$size":
        return Array.isArray(actual) && this.#matches(expected, actual.length, depth);
      case "$elemMatch":
        return this.#anyElement(actual, expected, depth);
      case "$all":
      case "$alli":
        return listed && this.#everyOf(actual, expected, depth, operator === "$alli");
      case "$regex":
        return this.#pattern(expected, "")(text(actual));
      case "$regexi":
        return this.#pattern(expected, "i")(text(actual));
      case "$type":
        return typeName(actual) === expected;
      default:
        return compares(operator, actual, expected);
    }
  }

  #anyElement(actual: unknown, expected: unknown, depth: number): boolean {
    const operators = isOperators(fields(expected));
    return items(actual).some(
      (one) =>
        Boolean(one) &&
        (operators ? this.#matches(expected, one, depth) : this.holds(one, expected, depth)),
    );
  }

  #everyOf(
    actual: unknown,
    expected: readonly unknown[],
    depth: number,
    ignoringCase: boolean,
  ): boolean {
    if (!Array.isArray(actual)) return false;
    return expected.every((wanted) =>
      actual.some((one: unknown) => this.#matches(wanted, one, depth, ignoringCase)),
    );
  }

  #pattern(source: unknown, flags: string): (subject: string) => boolean {
    const key = `${flags}/${text(source)}`;
    const known = this.#patterns.get(key);
    if (known !== undefined) return known;
    const made =
      typeof source === "string"
        ? javaScriptPattern(source.replaceAll(/([^\\])\//g, String.raw`$1\/`), flags)
        : () => false;
    this.#patterns.set(key, made);
    return made;
  }
}

function compares(operator: string, actual: unknown, expected: unknown): boolean {
  switch (operator) {
    case "$eq":
      return actual === expected;
    case "$ne":
      return actual !== expected;
    case "$lt":
      return ordered(actual, expected, (sign) => sign < 0);
    case "$lte":
      return ordered(actual, expected, (sign) => sign <= 0);
    case "$gt":
      return ordered(actual, expected, (sign) => sign > 0);
    case "$gte":
      return ordered(actual, expected, (sign) => sign >= 0);
    default:
      return false;
  }
}
