import { parseVersion, relateVersions, text } from "@paceline/flag-eval";
import type { Operator } from "@paceline/flag-eval";

import { parseRange, within } from "../address.ts";
import { re2Pattern } from "../pattern.ts";
import { fields, items, own, textOr } from "../reading.ts";
import { contextValue } from "./context.ts";

type Holds = (value: string | undefined) => boolean;

const never: Holds = () => false;

/** Unleash drops empty values and spaces around the others. */
export function cleanValues(values: unknown): readonly string[] {
  return items(values)
    .filter((value) => typeof value === "string" && value !== "")
    .map((value) => text(value).trim());
}

const TEXT_TESTS: ReadonlyMap<string, (whole: string, part: string) => boolean> = new Map([
  ["STR_STARTS_WITH", (whole, part) => whole.startsWith(part)],
  ["STR_ENDS_WITH", (whole, part) => whole.endsWith(part)],
  ["STR_CONTAINS", (whole, part) => whole.includes(part)],
]);

const NUMBER_TESTS: ReadonlyMap<string, (value: number, bound: number) => boolean> = new Map([
  ["NUM_EQ", (value, bound) => value === bound],
  ["NUM_GT", (value, bound) => value > bound],
  ["NUM_GTE", (value, bound) => value >= bound],
  ["NUM_LT", (value, bound) => value < bound],
  ["NUM_LTE", (value, bound) => value <= bound],
]);

const VERSION_RELATIONS: ReadonlyMap<string, string> = new Map([
  ["SEMVER_EQ", "="],
  ["SEMVER_GT", ">"],
  ["SEMVER_GTE", ">="],
  ["SEMVER_LT", "<"],
  ["SEMVER_LTE", "<="],
]);

// Unleash takes whole versions only.
const WHOLE_VERSION = /^\d+\.\d+\.\d+/;

function textTest(operator: string, values: readonly string[], ignoringCase: boolean): Holds {
  const test = TEXT_TESTS.get(operator);
  if (test === undefined) return never;
  const parts = ignoringCase ? values.map((value) => value.toLowerCase()) : values;
  return (value) => {
    if (value === undefined) return false;
    const whole = ignoringCase ? value.toLowerCase() : value;
    return parts.some((part) => test(whole, part));
  };
}

function versionTest(relation: string, source: string): Holds {
  const bound = WHOLE_VERSION.test(source.replace(/^v/, "")) ? parseVersion(source) : null;
  return (value) =>
    value !== undefined &&
    WHOLE_VERSION.test(value) &&
    relateVersions(parseVersion(value), relation, bound) === true;
}

function addressTest(values: readonly string[]): Holds {
  const ranges = values.map(parseRange).filter((range) => range !== null);
  return (value) => {
    const address = value === undefined ? null : parseRange(value);
    return address !== null && ranges.some((range) => within(address, range));
  };
}

/** A constraint on an attribute; null for what looks at the time. */
function attributeTest(constraint: unknown): Holds {
  const operator = textOr(own(constraint, "operator"), "");
  const values = cleanValues(own(constraint, "values"));
  const single = own(constraint, "value");
  const ignoringCase = own(constraint, "caseInsensitive") === true;
  const number = NUMBER_TESTS.get(operator);
  const relation = VERSION_RELATIONS.get(operator);
  if (TEXT_TESTS.has(operator)) return textTest(operator, values, ignoringCase);
  if (relation !== undefined) return versionTest(relation, textOr(single, ""));
  if (number !== undefined) {
    const bound = Number(text(single));
    return (value) => value !== undefined && number(Number(value), bound);
  }
  switch (operator) {
    case "IN":
      return (value) => value !== undefined && values.includes(value);
    case "NOT_IN":
      return (value) => value === undefined || !values.includes(value);
    case "REGEX": {
      const matches = re2Pattern(textOr(single, ""), ignoringCase);
      return (value) => value !== undefined && matches(value);
    }
    case "IN_CIDR":
      return addressTest(values);
    default:
      return never;
  }
}

function instant(value: unknown): number {
  return typeof value === "string" ? Date.parse(value) : typeof value === "number" ? value : NaN;
}

export const CONSTRAINT_OPERATORS: ReadonlySet<string> = new Set([
  ...TEXT_TESTS.keys(),
  ...NUMBER_TESTS.keys(),
  ...VERSION_RELATIONS.keys(),
  "IN",
  "NOT_IN",
  "REGEX",
  "IN_CIDR",
  "DATE_AFTER",
  "DATE_BEFORE",
]);

/** `{"unleash.constraint": [constraint]}`: one constraint as Unleash writes it. */
export const constraintOperator: Operator = ([source]) => {
  const constraint = fields(source);
  const operator = textOr(constraint["operator"], "");
  if (!CONSTRAINT_OPERATORS.has(operator)) return () => false;
  const inverted = Boolean(constraint["inverted"]);
  if (operator === "DATE_AFTER" || operator === "DATE_BEFORE") {
    const bound = instant(constraint["value"]);
    return (_data, frame) => {
      const given = own(frame.root, "currentTime");
      const now = given ? instant(given) : frame.nowMs;
      return (operator === "DATE_AFTER" ? now > bound : now < bound) !== inverted;
    };
  }
  const name = textOr(constraint["contextName"], "");
  const holds = attributeTest(constraint);
  return (_data, frame) => holds(contextValue(frame.root, name)) !== inverted;
};
