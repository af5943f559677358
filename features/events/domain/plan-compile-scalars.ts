import { parseInstant } from "./event-time.ts";
import { failure } from "./plan-check.ts";
import type { Check, Compiling } from "./plan-check.ts";
import type { PlanFormat, SchemaNode } from "./plan-schema.ts";

export function compileNumbers(node: SchemaNode): Check | null {
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = node;
  const rules: { readonly holds: (value: number) => boolean; readonly reason: string }[] = [];
  if (minimum !== null) {
    rules.push({ holds: (value) => value >= minimum, reason: `must be ${minimum} or more` });
  }
  if (maximum !== null) {
    rules.push({ holds: (value) => value <= maximum, reason: `must be ${maximum} or less` });
  }
  if (exclusiveMinimum !== null) {
    rules.push({
      holds: (value) => value > exclusiveMinimum,
      reason: `must be more than ${exclusiveMinimum}`,
    });
  }
  if (exclusiveMaximum !== null) {
    rules.push({
      holds: (value) => value < exclusiveMaximum,
      reason: `must be less than ${exclusiveMaximum}`,
    });
  }
  if (multipleOf !== null) {
    rules.push({
      holds: (value) => Number.isInteger(value / multipleOf),
      reason: `must be a multiple of ${multipleOf}`,
    });
  }
  if (rules.length === 0) return null;
  const checks = rules.map(({ holds, reason }) => ({ holds, violation: failure(reason) }));
  return (value) => {
    if (typeof value !== "number") return null;
    for (const { holds, violation } of checks) if (!holds(value)) return violation;
    return null;
  };
}

export function compileTexts(node: SchemaNode, compiling: Compiling): Check | null {
  const { minLength, maxLength, pattern, format } = node;
  const rules: { readonly holds: (text: string) => boolean; readonly reason: string }[] = [];
  if (minLength !== null) {
    rules.push({
      holds: (text) => hasAtLeast(text, minLength),
      reason: minLength === 1 ? "must not be empty" : `must have ${minLength} characters or more`,
    });
  }
  if (maxLength !== null) {
    rules.push({
      holds: (text) => !hasAtLeast(text, maxLength + 1),
      reason: `must have ${maxLength} characters or fewer`,
    });
  }
  if (pattern !== null) {
    rules.push({ holds: compiling.pattern(pattern), reason: `must fit the pattern ${pattern}` });
  }
  if (format !== null) {
    const { holds, words } = FORMATS[format];
    rules.push({ holds, reason: `must be ${words}` });
  }
  if (rules.length === 0) return null;
  const checks = rules.map(({ holds, reason }) => ({ holds, violation: failure(reason) }));
  return (value) => {
    if (typeof value !== "string") return null;
    for (const { holds, violation } of checks) if (!holds(value)) return violation;
    return null;
  };
}

/** Lengths count characters, not UTF-16 units; most texts need no counting to tell. */
function hasAtLeast(text: string, count: number): boolean {
  if (text.length < count) return false;
  if (text.length >= count * 2) return true;
  let characters = 0;
  for (const _ of text) {
    characters += 1;
    if (characters >= count) return true;
  }
  return characters >= count;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_EMAIL_LENGTH = 254;

/** Checked without backtracking: every expression above has a fixed shape. */
const FORMATS: Readonly<
  Record<PlanFormat, { readonly holds: (text: string) => boolean; readonly words: string }>
> = {
  "date-time": {
    holds: (text) => DATE_TIME.test(text) && parseInstant(text.replace(" ", "T")) !== null,
    words: "an instant with its zone, such as 2026-01-31T09:00:00Z",
  },
  date: { holds: isDate, words: "a date, such as 2026-01-31" },
  email: { holds: isEmail, words: "an email address" },
  uri: { holds: isUri, words: "a full address, such as https://example.com/page" },
  uuid: { holds: (text) => UUID.test(text), words: "a UUID" },
};

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const instant = Date.parse(text);
  // The parser takes 31 February for 3 March.
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > MAX_EMAIL_LENGTH || /\s/.test(text)) return false;
  const domain = text.slice(at + 1);
  return (
    domain.length > 0 &&
    !domain.startsWith(".") &&
    !domain.endsWith(".") &&
    !text.slice(0, at).includes("@")
  );
}

function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && !/[\s<>"{}|\\^`]/.test(text) && URL.canParse(text);
}
