import { text } from "@paceline/flag-eval";

import { fields, items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import type { Conditions } from "./condition.ts";
import { growthbookHash, inRange, readRange } from "./hash.ts";

/** What one evaluation knows. */
export interface Session {
  readonly attributes: Fields;
  readonly conditions: Conditions;
  readonly features: Fields;
  /** The context as GrowthBook's clients take it: url, qaMode, forcedVariations, … */
  readonly options: Fields;
  /** Sticky documents by `attribute||value`; null where assignments are not kept. */
  readonly sticky: Fields | null;
}

export interface Unit {
  readonly hashAttribute: string;
  /** "" when there is none. */
  readonly hashValue: unknown;
}

/** The attribute that is hashed; the fallback counts where assignments are kept. */
export function unitOf(session: Session, source: unknown, fallback?: unknown): Unit {
  const hashAttribute = textOr(source, "") || "id";
  const value = own(session.attributes, hashAttribute);
  if (value) return { hashAttribute, hashValue: value };
  const other = typeof fallback === "string" && fallback !== "" ? fallback : null;
  const otherValue = other === null ? undefined : own(session.attributes, other);
  return other !== null && otherValue
    ? { hashAttribute: other, hashValue: otherValue }
    : { hashAttribute, hashValue: "" };
}

/** Whether a rule or experiment looks for kept assignments at all. */
export function keepsAssignments(session: Session, rule: unknown): boolean {
  return session.sticky !== null && !own(rule, "disableStickyBucketing");
}

export function bucketOf(
  seed: string,
  unit: Unit,
  version: unknown,
  otherwise: number,
): number | null {
  const number = typeof version === "number" && version !== 0 ? version : otherwise;
  return growthbookHash(seed, text(unit.hashValue), number);
}

/** Whether one of the filters (namespaces of the second kind) leaves the unit out. */
export function filteredOut(session: Session, filters: unknown): boolean {
  return items(filters).some((filter) => {
    const unit = unitOf(session, own(filter, "attribute"));
    if (!unit.hashValue) return true;
    const bucket = bucketOf(textOr(own(filter, "seed"), ""), unit, own(filter, "hashVersion"), 2);
    if (bucket === null) return true;
    return !items(own(filter, "ranges")).some((range) => inRange(bucket, readRange(range)));
  });
}

/** Whether the unit is in the share of a rule that forces a value. */
export function inRollout(session: Session, rule: Fields, featureKey: string): boolean {
  const { coverage, range } = { coverage: rule["coverage"], range: rule["range"] };
  if (!range && typeof coverage !== "number") return true;
  if (!range && coverage === 0) return false;
  const fallback = keepsAssignments(session, rule) ? rule["fallbackAttribute"] : undefined;
  const unit = unitOf(session, rule["hashAttribute"], fallback);
  if (!unit.hashValue) return false;
  const seed = textOr(rule["seed"], "") || featureKey;
  const bucket = bucketOf(seed, unit, rule["hashVersion"], 1);
  if (bucket === null) return false;
  return range ? inRange(bucket, readRange(range)) : bucket <= Number(coverage);
}

/** A session for flags: the evaluation context is the attributes. */
export function sessionOf(
  attributes: unknown,
  conditions: Conditions,
  payload: unknown,
  options: Fields = {},
): Session {
  const sticky = own(options, "stickyBucketAssignmentDocs");
  return {
    attributes: fields(attributes),
    conditions,
    features: fields(own(payload, "features")),
    options,
    sticky: sticky === undefined ? null : fields(sticky),
  };
}
