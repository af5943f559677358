import { parseVersion, relateVersions, text } from "@paceline/flag-eval";

import { re2Pattern } from "../pattern.ts";
import { items, own, textOr } from "../reading.ts";

type Holds = (value: unknown) => boolean;

const WHOLE_VERSION = /^\d+\.\d+\.\d+/;

const RELATIONS: ReadonlyMap<string, string> = new Map([
  ["GT", ">"],
  ["GTE", ">="],
  ["LT", "<"],
  ["LTE", "<="],
]);

const NUMERIC = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function numeric(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMERIC.test(value) ? Number(value) : null;
}

function compare(relation: string, value: number, bound: number): boolean {
  switch (relation) {
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    default:
      return value <= bound;
  }
}

/** Numbers where both sides are numbers, versions where both are versions, else never. */
function orderTest(relation: string, source: unknown): Holds {
  const bound = numeric(source);
  const version =
    typeof source === "string" && WHOLE_VERSION.test(source) ? parseVersion(source) : null;
  return (value) => {
    if (bound !== null) {
      const number = numeric(value);
      return number !== null && compare(relation, number, bound);
    }
    const given =
      typeof value === "string" && WHOLE_VERSION.test(value) ? parseVersion(value) : null;
    return relateVersions(given, relation, version) === true;
  };
}

/** Eppo compares lists as text: `true` is "true" and 7 is "7". */
function listTest(source: unknown): Holds {
  const values = new Set(items(source).map((value) => text(value)));
  return (value) => values.has(text(value));
}

/** A condition of a rule; an absent attribute satisfies `IS_NULL` alone. */
export function conditionTest(condition: unknown): Holds {
  const operator = textOr(own(condition, "operator"), "");
  const expected = own(condition, "value");
  const relation = RELATIONS.get(operator);
  if (operator === "IS_NULL") {
    return (value) => (value === undefined || value === null) === Boolean(expected);
  }
  const present =
    (holds: Holds): Holds =>
    (value) =>
      value !== undefined && value !== null && holds(value);
  if (relation !== undefined) return present(orderTest(relation, expected));
  switch (operator) {
    case "MATCHES":
    case "NOT_MATCHES": {
      const matches = re2Pattern(text(expected));
      return present((value) => matches(text(value)) === (operator === "MATCHES"));
    }
    case "ONE_OF":
      return present(listTest(expected));
    case "NOT_ONE_OF": {
      const listed = listTest(expected);
      return present((value) => !listed(value));
    }
    default:
      return () => false;
  }
}

export const CONDITION_OPERATORS: ReadonlySet<string> = new Set([
  ...RELATIONS.keys(),
  "MATCHES",
  "NOT_MATCHES",
  "ONE_OF",
  "NOT_ONE_OF",
  "IS_NULL",
]);
