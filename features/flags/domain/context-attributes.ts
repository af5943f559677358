import type { SampledContext } from "./context-sample.ts";

type Scalar = string | number | boolean;

/** What the sampled contexts say of one attribute. */
export interface AttributeSummary {
  /** With dots for what is nested. */
  readonly name: string;
  /** Of the contexts that have it, 0 to 1. */
  readonly share: number;
  readonly types: readonly string[];
  /** The most frequent ones; empty where nearly every context has its own. */
  readonly values: readonly { readonly value: Scalar; readonly share: number }[];
}

const MAX_ATTRIBUTES = 200;
const MAX_VALUES = 10;
/** A value that fewer have than this says more about a person than about the people. */
const MIN_HOLDERS = 5;

interface Seen {
  contexts: number;
  readonly types: Set<string>;
  readonly values: Map<Scalar, number>;
}

/** The attributes of the sampled contexts, most frequent first; what few people share is not shown. */
export function summarizeAttributes(
  contexts: readonly SampledContext[],
): readonly AttributeSummary[] {
  const seen = new Map<string, Seen>();
  for (const { context } of contexts) collect(context, "", seen);
  return [...seen]
    .map(([name, { contexts: count, types, values }]) => ({
      name,
      share: count / contexts.length,
      types: [...types].toSorted(),
      values: [...values]
        .filter(([, holders]) => holders >= MIN_HOLDERS)
        .toSorted(([a, x], [b, y]) => y - x || (String(a) < String(b) ? -1 : 1))
        .slice(0, MAX_VALUES)
        .map(([value, holders]) => ({ value, share: holders / contexts.length })),
    }))
    .toSorted((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_ATTRIBUTES);
}

function collect(value: object, prefix: string, seen: Map<string, Seen>): void {
  for (const [name, member] of Object.entries(value)) {
    const path = `${prefix}${name}`;
    if (path === "targetingKey" || member === null || member === undefined) continue;
    const known = seen.get(path) ?? { contexts: 0, types: new Set(), values: new Map() };
    seen.set(path, known);
    known.contexts += 1;
    known.types.add(Array.isArray(member) ? "list" : typeof member);
    if (typeof member === "string" || typeof member === "number" || typeof member === "boolean") {
      known.values.set(member, (known.values.get(member) ?? 0) + 1);
    } else if (typeof member === "object" && !Array.isArray(member)) {
      collect(member, `${path}.`, seen);
    }
  }
}
