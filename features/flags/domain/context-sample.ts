import { murmur3 } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

/** One real context of a sample. */
export interface SampledContext {
  /** 16 hexadecimal digits; the sample holds what ranks lowest. */
  readonly rank: string;
  /** The targeting key; "" where the context has none. */
  readonly unit: string;
  /** When it was evaluated, Unix milliseconds on the environment's clock. */
  readonly at: number;
  readonly context: EvaluationContext;
}

/** Real contexts of an environment, each unit at most once, with its newest context. */
export interface ContextSample {
  readonly contexts: readonly SampledContext[];
  /**
   * Share of all units that the sample holds, 0 to 1: units divided by it estimate how many there are.
   * Every unit has the same chance, however often it was evaluated.
   */
  readonly share: number;
  /** Attributes that are never recorded; a rule that reads one sees it missing. */
  readonly neverRecorded: readonly string[];
}

const HALF = 2 ** 32;

/**
 * The high half of a rank, an integer below 2^32. It has nothing to do with any bucket: the text that
 * is hashed begins as no salt does.
 */
export function rankOf(identity: string): number {
  return murmur3(`\u0001recorded context/${identity}`);
}

/** A rank as it is stored; sorts as the number does. */
export function rankText(high: number, identity: string): string {
  const low = murmur3(`\u0001recorded context, low/${identity}`);
  return `${high.toString(16).padStart(8, "0")}${low.toString(16).padStart(8, "0")}`;
}

/** Where a stored rank lies among all, 0 to 1. */
export function rankPosition(rank: string): number {
  return Number.parseInt(rank.slice(0, 8), 16) / HALF;
}

/** How deep a recorded context may be nested, and how many characters of JSON it may have. */
const MAX_DEPTH = 8;
const MAX_LENGTH = 8_192;

/**
 * A context as it may be kept: without the attributes that are never recorded, whatever they are
 * nested in and however they are capitalized.
 *
 * @param neverRecorded  names in lower case
 * @returns JSON text; null for a context that is too deep or too large to be kept
 */
export function keptText(
  context: EvaluationContext,
  neverRecorded: ReadonlySet<string>,
): string | null {
  const kept = without(context, neverRecorded, 0);
  if (kept === TOO_DEEP) return null;
  const text = JSON.stringify(kept);
  return text.length > MAX_LENGTH ? null : text.toWellFormed();
}

const TOO_DEEP = Symbol("too deep");

function without(value: unknown, names: ReadonlySet<string>, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => without(item, names, depth + 1));
    return items.includes(TOO_DEEP) ? TOO_DEEP : items;
  }
  const kept: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (names.has(name.toLowerCase())) continue;
    const inner = without(member, names, depth + 1);
    if (inner === TOO_DEEP) return TOO_DEEP;
    kept.push([name, inner]);
  }
  return Object.fromEntries(kept);
}
