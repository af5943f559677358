import { isRecord, readUpdate } from "@paceline/flag-eval/client";
import type { ClientExposure, FlagUpdate } from "@paceline/flag-eval/client";

import type { Bootstrap, KeptValues } from "./options.ts";

type Context = Readonly<Record<string, unknown>>;

/** What one context is served at one revision. */
export interface Values {
  readonly id: string;
  readonly revision: number;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** The same text for contexts that mean the same. */
export function contextText(context: Context): string {
  return JSON.stringify(context, (_name, value: unknown) =>
    isRecord(value) && !(value instanceof Date)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** The values after an update; null if it does not follow what is known. */
export function valuesAfter(known: Values | null, update: FlagUpdate): Values | null {
  const { id, revision, from, flags, isReset } = update;
  if (from === null) {
    return !isReset && known !== null && revision < known.revision
      ? known
      : { id, revision, flags };
  }
  if (known === null || known.revision < from) return null;
  const merged = Object.entries({ ...known.flags, ...flags }).filter(([, value]) => value !== null);
  return { id, revision, flags: Object.fromEntries(merged) };
}

/** The keys whose answers differ. */
export function changedKeys(before: Values | null, after: Values): string[] {
  const known = before?.flags ?? {};
  return Object.keys({ ...known, ...after.flags }).filter(
    (key) => JSON.stringify(known[key]) !== JSON.stringify(after.flags[key]),
  );
}

/** An exposure to report; null if there is none to read. */
export function exposureOf(flagKey: string, said: unknown): ClientExposure | null {
  if (!isRecord(said)) return null;
  const { revision, ruleId, variant, unit, experimentId } = {
    revision: said["revision"],
    ruleId: said["ruleId"],
    variant: said["variant"],
    unit: said["unit"],
    experimentId: said["experimentId"],
  };
  if (typeof revision !== "number" || typeof ruleId !== "string") return null;
  if (typeof variant !== "string" || typeof unit !== "string") return null;
  const compared = typeof experimentId === "string" ? { experimentId } : {};
  return { flagKey, revision, ruleId, variant, unit, ...compared };
}

/** Values for a page to start with, if they are for this context. */
export function bootstrapValues(bootstrap: Bootstrap | undefined, context: Context): Values | null {
  if (bootstrap === undefined) return null;
  if (contextText(bootstrap.context) !== contextText(context)) return null;
  const { id, revision, flags } = bootstrap;
  return { id, revision, flags };
}

/** What the page kept of the last values of this context; null if nothing can be read. */
export function readKept(
  storage: KeptValues | null,
  name: string,
  context: Context,
): Values | null {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(name) ?? "null");
    if (!isRecord(kept) || kept["context"] !== contextText(context)) return null;
    const id = typeof kept["id"] === "string" ? kept["id"] : null;
    const update = readUpdate(id, kept);
    return update === null ? null : valuesAfter(null, update);
  } catch {
    return null;
  }
}

/** Keeps the values of one context: the last one. A full storage keeps what it has. */
export function keep(
  storage: KeptValues | null,
  name: string,
  context: Context,
  values: Values,
): void {
  try {
    storage?.setItem(name, JSON.stringify({ ...values, context: contextText(context) }));
  } catch {
    // A page without room works as well; it only starts without values when it is offline.
  }
}
