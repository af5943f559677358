/** What a fact may hold once it is known. */
export type FactValue = boolean | number | string | readonly string[];

/** The type of a fact. A value outside it makes the fact unknown; it is never converted. */
export type FactType =
  | { readonly kind: "bool" }
  | {
      readonly kind: "number";
      readonly min?: number;
      readonly max?: number;
      readonly unit?: string;
    }
  | { readonly kind: "enum"; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: "strings"; readonly values: Readonly<Record<string, string>> };

/**
 * One entry of a fact catalog. Enum and string-list types carry every allowed value with the words
 * that name it, so that a misspelt value is found when a policy is compiled.
 */
export interface FactDefinition {
  readonly name: string;
  /** Completes "…is not known yet", e.g. "how long it takes". */
  readonly title: string;
  readonly type: FactType;
  /** Where the value comes from, e.g. `form` or `history`. */
  readonly source: string;
  /** Older readings count as unknown. Absent: a reading does not age. */
  readonly maxAgeMs?: number;
  /** What to try in the search for the smallest change; `fixed` facts cannot be changed by anyone. */
  readonly change: FactChange;
}

/** How a proposer could change a fact: not at all, or to these values with these words. */
export type FactChange =
  | { readonly kind: "fixed" }
  | {
      readonly kind: "changeable";
      /** Values to try, nearest first. A string list may also lose any of its elements. */
      readonly candidates: readonly FactValue[];
      /** Advice by the text of the value (`"true"`, `"4"`); `*` serves the others. May hold `{value}` and `{removed}`. */
      readonly words: Readonly<Record<string, string>>;
      /** How much harder it is than changing another fact; 1 when absent. Decides between answers with as many changes. */
      readonly effort?: number;
    };

/** A value as it was observed. `observedAtMs` is absent when the value cannot age. */
export interface FactReading {
  readonly value: unknown;
  readonly source?: string;
  readonly observedAtMs?: number;
}

/** Readings by fact name. A name that is absent here is an unknown fact. */
export type FactReadings = Readonly<Record<string, FactReading | undefined>>;

/** Why a fact is not known. */
export type UnknownReason = "missing" | "wrong-type" | "stale";

/** A fact as the evaluation saw it. */
export type FactState =
  | {
      readonly name: string;
      readonly status: "known";
      readonly value: FactValue;
      readonly source: string;
      /** Milliseconds since the observation; null for values that do not age. */
      readonly ageMs: number | null;
    }
  | {
      readonly name: string;
      readonly status: UnknownReason;
      readonly source: string;
      readonly ageMs: number | null;
      /** The reason in words, e.g. "it is text where a number belongs". */
      readonly why: string;
    };

const MS_PER_DAY = 86_400_000;

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "empty";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "a yes or no";
  if (typeof value === "number") return Number.isFinite(value) ? "a number" : "not a finite number";
  return `of type ${typeof value}`;
}

/** The typed value, or in words why the reading does not have the type. */
function readValue(type: FactType, value: unknown): FactValue | { readonly why: string } {
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean"
        ? value
        : { why: `it is ${describe(value)} where a yes or no belongs` };
    case "number": {
      if (typeof value !== "number" || !Number.isFinite(value)) {
        return { why: `it is ${describe(value)} where a number belongs` };
      }
      const inside = value >= (type.min ?? -Infinity) && value <= (type.max ?? Infinity);
      return inside ? value : { why: `${value} is outside the range that the catalog allows` };
    }
    case "enum":
      if (typeof value !== "string")
        return { why: `it is ${describe(value)} where one of a few words belongs` };
      return Object.hasOwn(type.values, value)
        ? value
        : { why: `"${value}" is not one of the allowed values` };
    case "strings": {
      if (!isStringList(value))
        return { why: `it is ${describe(value)} where a list of words belongs` };
      const stranger = value.find((element) => !Object.hasOwn(type.values, element));
      return stranger === undefined
        ? value
        : { why: `"${stranger}" is not one of the allowed values` };
    }
  }
}

function isRefused(read: FactValue | { readonly why: string }): read is { readonly why: string } {
  return typeof read === "object" && !Array.isArray(read);
}

/** Checks one reading against its definition: type, range and age. */
export function readFact(
  definition: FactDefinition,
  reading: FactReading | undefined,
  nowMs: number,
): FactState {
  const { name, maxAgeMs } = definition;
  const source = reading?.source ?? definition.source;
  const missing = {
    name,
    status: "missing",
    source,
    ageMs: null,
    why: "nobody has said it",
  } as const;
  if (reading === undefined || reading.value === undefined || reading.value === null)
    return missing;
  const ageMs = reading.observedAtMs === undefined ? null : nowMs - reading.observedAtMs;
  const value = readValue(definition.type, reading.value);
  if (isRefused(value)) return { name, status: "wrong-type", source, ageMs, why: value.why };
  if (maxAgeMs !== undefined && (ageMs === null || !(ageMs <= maxAgeMs))) {
    const age = ageMs === null ? "of unknown age" : `${Math.floor(ageMs / MS_PER_DAY)} days old`;
    const limit = `${Math.floor(maxAgeMs / MS_PER_DAY)} days`;
    return {
      name,
      status: "stale",
      source,
      ageMs,
      why: `it is ${age} and may be at most ${limit} old`,
    };
  }
  return { name, status: "known", value, source, ageMs };
}

/** A value in words, with the catalog's names for enum and list values. */
export function factInWords(type: FactType, value: FactValue): string {
  switch (type.kind) {
    case "bool":
      return value === true ? "yes" : "no";
    case "number": {
      const unit = type.unit ?? "";
      const text = typeof value === "number" && value < 0 ? `\u2212${-value}` : String(value);
      if (unit === "") return text;
      return unit === "%"
        ? `${text}%`
        : `${text} ${value === 1 && unit.endsWith("s") ? unit.slice(0, -1) : unit}`;
    }
    case "enum":
      return typeof value === "string" ? (type.values[value] ?? value) : String(value);
    case "strings":
      return listInWords(
        isStringList(value) ? value.map((element) => type.values[element] ?? element) : [],
      );
  }
}

/** `a, b and c`; "none" for an empty list. */
export function listInWords(words: readonly string[]): string {
  if (words.length === 0) return "none";
  if (words.length === 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.slice(-1).join("")}`;
}
