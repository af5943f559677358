import { imported } from "../imported.ts";
import type { Draft, FlagdFlag, Imported } from "../imported.ts";
import { fields, items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { CONDITION_OPERATORS } from "./condition.ts";

/** The configuration may be wrapped, as the SDKs' endpoint and the file in the test data are. */
export function readFlags(document: unknown): Fields {
  return fields(own(document, "flags"));
}

export function hasType(value: unknown, type: unknown): boolean {
  switch (type) {
    case "BOOLEAN":
      return typeof value === "boolean";
    case "INTEGER":
      return Number.isInteger(value);
    case "NUMERIC":
      return typeof value === "number";
    case "JSON":
    case "STRING":
      return typeof value === "string";
    default:
      return false;
  }
}

/** Eppo keeps JSON as text; a flag serves what it says. */
export function valueOf(value: unknown, type: unknown): unknown {
  if (type !== "JSON" || typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function unknownOperators(flag: unknown): readonly string[] {
  return items(own(flag, "allocations"))
    .flatMap((allocation) => items(own(allocation, "rules")))
    .flatMap((rule) => items(own(rule, "conditions")))
    .map((condition) => textOr(own(condition, "operator"), "?"))
    .filter((operator) => !CONDITION_OPERATORS.has(operator))
    .map((operator) => `unknown condition operator "${operator}": never holds`);
}

function importFlag(key: string, source: unknown): Draft {
  const type = own(source, "variationType");
  const missing = [...unknownOperators(source)];
  const variants: Record<string, unknown> = {};
  const unfit: string[] = [];
  for (const [name, variation] of Object.entries(fields(own(source, "variations")))) {
    const raw = own(variation, "value");
    const value = valueOf(raw, type);
    if (hasType(raw, type) && value !== undefined) variants[name] = value;
    else unfit.push(name);
  }
  for (const name of unfit) {
    missing.push(
      `variation "${name}" is no ${textOr(type, "known type")}: the code's default is served`,
    );
  }
  const allocations = items(own(source, "allocations"));
  const totalShards = own(source, "totalShards") ?? 10_000;
  const off = Object.keys(variants).length === 0 || own(source, "enabled") !== true;
  // A flag without any usable variation serves the code's default, as a disabled one does.
  const flag: FlagdFlag = {
    state: off ? "DISABLED" : "ENABLED",
    variants: Object.keys(variants).length === 0 ? { none: false } : variants,
    defaultVariant: null,
    ...(allocations.length === 0
      ? {}
      : { targeting: { "eppo.allocations": [{ allocations, totalShards, unfit }] } }),
  };
  return { key, flag, missing };
}

/** Imports a UFC (universal flag configuration) of Eppo, not obfuscated, as servers get it. */
export function importEppo(document: unknown): Imported {
  const drafts = Object.entries(readFlags(document)).map(([key, source]) =>
    importFlag(key, source),
  );
  return imported(drafts, "eppo");
}
