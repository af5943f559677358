import { text } from "@paceline/flag-eval";

import { fields, isFields, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";

/** Where a flag is evaluated; the same for every evaluation of a set. */
export interface Environment {
  readonly key: string;
  readonly name: string;
}

export function readEnvironment(source: unknown): Environment {
  return { key: textOr(own(source, "key"), ""), name: textOr(own(source, "name"), "") };
}

/** Flagsmith's evaluation context: its own, or made from an OpenFeature context. */
export function flagsmithContext(root: unknown, environment: Environment): Fields {
  const given = own(root, "identity");
  const identity = isFields(given) ? given : identityOf(root);
  if (identity === null) return { environment };
  const identifier = text(identity["identifier"] ?? "");
  const key = textOr(identity["key"], "") || `${environment.key}_${identifier}`;
  return { environment, identity: { ...identity, identifier, key } };
}

/** The targeting key is the identifier, all other attributes are traits. */
function identityOf(root: unknown): Fields | null {
  const { targetingKey, ...traits } = fields(root);
  return typeof targetingKey === "string" && targetingKey !== ""
    ? { identifier: targetingKey, traits }
    : null;
}

export function identityKey(context: Fields): string | null {
  const key = own(context["identity"], "key");
  return typeof key === "string" && key !== "" ? key : null;
}

const STEP = /\.([^.[\]'"]+)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy;

/** The names of a path such as `$.identity.traits['a b']`; null for what is none. */
export function readPath(source: string): readonly string[] | null {
  if (!source.startsWith("$")) return null;
  const names: string[] = [];
  let end = 1;
  for (const step of source.slice(1).matchAll(STEP)) {
    const [whole, plain, single, double] = step;
    names.push(plain ?? (single ?? double ?? "").replaceAll(/\\(.)/g, "$1"));
    end += whole.length;
  }
  return end === source.length && names.length > 0 ? names : null;
}

/** A trait of that name, or what the path leads to; only texts, numbers and booleans count. */
export function valueOf(context: Fields, property: string): unknown {
  const trait = own(own(context["identity"], "traits"), property);
  const path = readPath(property);
  const value =
    trait === undefined && path !== null
      ? path.reduce<unknown>((current, name) => own(current, name), context)
      : trait;
  return typeof value === "object" ? undefined : value;
}
