import { text } from "@paceline/flag-eval";

import { fields, items, numberOr, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { unitOf } from "./session.ts";
import type { Session, Unit } from "./session.ts";

/** The assignments of one unit as GrowthBook's services store them. */
export interface StickyDocument {
  readonly attributeName: string;
  readonly attributeValue: string;
  readonly assignments: Fields;
}

export function documentKey(attribute: string, value: unknown): string {
  return `${attribute}||${asText(value)}`;
}

function asText(value: unknown): string {
  return typeof value === "object" ? (JSON.stringify(value) ?? "") : text(value);
}

function experimentKey(experiment: Fields, version: number): string {
  return `${textOr(experiment["key"], "")}__${version}`;
}

function assignmentsOf(session: Session, attribute: unknown): Fields {
  const unit = unitOf(session, attribute);
  const key = documentKey(unit.hashAttribute, unit.hashValue);
  return fields(own(own(session.sticky, key), "assignments"));
}

/** What was kept of the unit; `blocked` when it was in a version that may not come back. */
export function keptVariation(
  session: Session,
  experiment: Fields,
): { readonly variation: number; readonly blocked: boolean } {
  const fallback = experiment["fallbackAttribute"];
  const assignments: Fields = {
    ...(unitOf(session, fallback).hashValue ? assignmentsOf(session, fallback) : {}),
    ...assignmentsOf(session, experiment["hashAttribute"]),
  };
  const oldest = numberOr(experiment["minBucketVersion"], 0);
  const kept = Object.keys(assignments);
  const prefix = experimentKey(experiment, 0).slice(0, -1);
  const blocked = kept.some((key) => {
    const version = key.startsWith(prefix) ? Number(key.slice(prefix.length)) : NaN;
    return Number.isInteger(version) && version >= 0 && version < oldest;
  });
  if (blocked) return { variation: -1, blocked: true };
  const name = own(
    assignments,
    experimentKey(experiment, numberOr(experiment["bucketVersion"], 0)),
  );
  const variation =
    name === undefined
      ? -1
      : items(experiment["meta"]).findIndex((meta) => own(meta, "key") === name);
  return { variation, blocked: false };
}

/** The unit's document with this assignment; null when it has it already. */
export function keptAssignments(
  session: Session,
  experiment: Fields,
  unit: Unit,
  variationKey: string,
): StickyDocument | null {
  const before = fields(
    own(own(session.sticky, documentKey(unit.hashAttribute, unit.hashValue)), "assignments"),
  );
  const name = experimentKey(experiment, numberOr(experiment["bucketVersion"], 0));
  if (own(before, name) === variationKey) return null;
  return {
    attributeName: unit.hashAttribute,
    attributeValue: asText(unit.hashValue),
    assignments: { ...before, [name]: variationKey },
  };
}
