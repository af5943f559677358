/** Something wrong with an input; the pointer leads to it. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

export const OPERATORS = [
  "equals",
  "not-equals",
  "in",
  "not-in",
  "contains",
  "starts-with",
  "ends-with",
  "greater-than",
  "at-least",
  "less-than",
  "at-most",
  "present",
  "version-equals",
  "version-greater-than",
  "version-at-least",
  "version-less-than",
  "version-at-most",
  "version-same-major",
  "version-same-minor",
] as const;
export type ConditionOperator = (typeof OPERATORS)[number];

type Scalar = string | number | boolean;

/** Compares one attribute. An attribute that is missing or of another type makes it false. */
export interface Comparison {
  readonly attribute: string;
  readonly operator: ConditionOperator;
  /** Not there for `present`. */
  readonly value?: Scalar | readonly Scalar[];
}

/** Whether a context fits: a tree over comparisons of its attributes. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | Comparison;

// Deeper trees cannot be edited by people any more; flag-eval itself stops at 128.
const MAX_DEPTH = 20;
const MAX_LIST = 5_000;
const ATTRIBUTE = /^[A-Za-z_][\w-]*(?:\.[\w-]+)*$/;
const VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** The context attribute that names the unit unless a rule says otherwise. */
export const TARGETING_KEY = "targetingKey";

/** Whether a text can name an attribute: letters, digits, `_`, `-`; dots descend into objects. */
export function isAttribute(text: string): boolean {
  return text.length <= 200 && ATTRIBUTE.test(text);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** What is wrong with something that should be a condition; empty when it is one. */
export function conditionFaults(value: unknown, pointer: string, depth = 0): readonly Fault[] {
  if (depth > MAX_DEPTH) return [{ pointer, detail: `is nested deeper than ${MAX_DEPTH}` }];
  if (!isRecord(value)) return [{ pointer, detail: "must be a condition" }];
  const [name, ...others] = Object.keys(value);
  if (name === "all" || name === "any") {
    const list = value[name];
    if (others.length > 0 || !Array.isArray(list) || list.length === 0) {
      return [{ pointer: `${pointer}/${name}`, detail: "must be a list of conditions, alone" }];
    }
    return list.flatMap((item: unknown, index) =>
      conditionFaults(item, `${pointer}/${name}/${index}`, depth + 1),
    );
  }
  if (name === "not") {
    return others.length > 0
      ? [{ pointer, detail: "must have `not` alone" }]
      : conditionFaults(value["not"], `${pointer}/not`, depth + 1);
  }
  return comparisonFaults(value, pointer);
}

/** Whether JSON is a condition without faults. */
export function isCondition(value: unknown): value is Condition {
  return conditionFaults(value, "").length === 0;
}

function comparisonFaults(
  comparison: Readonly<Record<string, unknown>>,
  pointer: string,
): readonly Fault[] {
  const { attribute, operator, value, ...unknown } = comparison;
  const faults: Fault[] = Object.keys(unknown).map((name) => ({
    pointer: `${pointer}/${name}`,
    detail: "is not a known field; remove it",
  }));
  if (typeof attribute !== "string" || !isAttribute(attribute)) {
    faults.push({ pointer: `${pointer}/attribute`, detail: "must name an attribute" });
  }
  const known = OPERATORS.find((name) => name === operator);
  if (known === undefined) {
    faults.push({
      pointer: `${pointer}/operator`,
      detail: `must be one of ${OPERATORS.join(", ")}`,
    });
  } else {
    const detail = valueFault(known, value);
    if (detail !== null) faults.push({ pointer: `${pointer}/value`, detail });
  }
  return faults;
}

function valueFault(operator: ConditionOperator, value: unknown): string | null {
  switch (operator) {
    case "present":
      return value === undefined ? null : "must not be there";
    case "in":
    case "not-in":
      return Array.isArray(value) && value.length <= MAX_LIST && value.every(isScalar)
        ? null
        : `must be a list of up to ${MAX_LIST} texts, numbers or booleans`;
    case "equals":
    case "not-equals":
    case "contains":
      return isScalar(value) ? null : "must be a text, number or boolean";
    case "starts-with":
    case "ends-with":
      return typeof value === "string" ? null : "must be a text";
    case "greater-than":
    case "at-least":
    case "less-than":
    case "at-most":
      return typeof value === "number" && Number.isFinite(value) ? null : "must be a number";
    case "version-equals":
    case "version-greater-than":
    case "version-at-least":
    case "version-less-than":
    case "version-at-most":
    case "version-same-major":
    case "version-same-minor":
      return typeof value === "string" && VERSION.test(value)
        ? null
        : "must be a full version such as 2.0.0";
  }
}

/** A JsonLogic expression, as flagd understands it. */
export type Logic = unknown;

/** What each of these operators is called in flagd. */
const RELATIONS = {
  "greater-than": ">",
  "at-least": ">=",
  "less-than": "<",
  "at-most": "<=",
} as const;

const VERSION_RELATIONS = {
  "version-equals": "=",
  "version-greater-than": ">",
  "version-at-least": ">=",
  "version-less-than": "<",
  "version-at-most": "<=",
  "version-same-major": "^",
  "version-same-minor": "~",
} as const;

/** True unless the attribute is missing or null. */
export function presentLogic(attribute: string): Logic {
  return { "!==": [{ var: attribute }, null] };
}

/** Compiles a condition to JsonLogic. The condition must have no faults. */
export function conditionLogic(condition: Condition): Logic {
  if ("all" in condition) return { and: condition.all.map(conditionLogic) };
  if ("any" in condition) return { or: condition.any.map(conditionLogic) };
  if ("not" in condition) return { "!": [conditionLogic(condition.not)] };
  return comparisonLogic(condition);
}

function comparisonLogic({ attribute, operator, value }: Comparison): Logic {
  const variable = { var: attribute };
  switch (operator) {
    case "present":
      return presentLogic(attribute);
    case "equals":
      return { "===": [variable, value] };
    case "not-equals":
      return { and: [presentLogic(attribute), { "!==": [variable, value] }] };
    case "in":
      return { in: [variable, value] };
    case "not-in":
      return { and: [presentLogic(attribute), { "!": [{ in: [variable, value] }] }] };
    case "contains":
      return { in: [value, variable] };
    case "starts-with":
      return { starts_with: [variable, value] };
    case "ends-with":
      return { ends_with: [variable, value] };
    case "greater-than":
    case "at-least":
    case "less-than":
    case "at-most":
      // JavaScript counts a missing attribute as 0 here; a missing attribute matches nothing.
      return { and: [presentLogic(attribute), { [RELATIONS[operator]]: [variable, value] }] };
    case "version-equals":
    case "version-greater-than":
    case "version-at-least":
    case "version-less-than":
    case "version-at-most":
    case "version-same-major":
    case "version-same-minor":
      return { sem_ver: [variable, VERSION_RELATIONS[operator], value] };
  }
}
