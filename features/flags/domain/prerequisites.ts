import { compileFlag } from "./compile-flag.ts";
import type { FindContent } from "./compile-flag.ts";
import type { Fault } from "./condition.ts";
import type { Configuration, RevisionContent } from "./flag.ts";

// Deeper chains nest their expressions deeper than flag-eval follows, and nobody can follow them.
const MAX_DEPTH = 6;
// What a flag may weigh once everything that it needs is written out in it.
const MAX_COMPILED_BYTES = 512_000;

/** What other flags a configuration asks directly, each once. */
export function askedFlags({ rules }: Configuration): readonly string[] {
  return [...new Set(rules.flatMap(({ prerequisites }) => prerequisites.map(({ flag }) => flag)))];
}

/** What one flag needs of another, for whoever wants to change the other. */
export interface Need {
  readonly flag: string;
  readonly variants: readonly string[];
}

/** What a content needs: each flag once, with all variants that some rule names. */
export function needsOf({ configuration }: RevisionContent): readonly Need[] {
  const needs = new Map<string, Set<string>>();
  for (const { flag, variants } of configuration.rules.flatMap((rule) => rule.prerequisites)) {
    const known = needs.get(flag) ?? new Set<string>();
    for (const variant of variants) known.add(variant);
    needs.set(flag, known);
  }
  return [...needs].map(([flag, variants]) => ({ flag, variants: [...variants].toSorted() }));
}

/** The way from a flag back to `target` over prerequisites, or null; `[start, ..., target]`. */
function wayTo(
  target: string,
  start: string,
  find: FindContent,
  seen: Set<string>,
): readonly string[] | null {
  if (start === target) return [start];
  if (seen.has(start)) return null;
  seen.add(start);
  const content = find(start);
  if (content === null) return null;
  for (const next of askedFlags(content.configuration)) {
    const way = wayTo(target, next, find, seen);
    if (way !== null) return [start, ...way];
  }
  return null;
}

/** How deep a flag's chains go, and how many bytes it is with everything that it needs. */
interface Extent {
  readonly depth: number;
  readonly bytes: number;
}

/** Each flag is measured once; one that is being measured already (a circle) counts nothing. */
function extentOf(
  content: RevisionContent | null,
  find: FindContent,
  known: Map<string, Extent>,
): Extent {
  if (content === null) return { depth: 0, bytes: 0 };
  const measured = known.get(content.key);
  if (measured !== undefined) return measured;
  known.set(content.key, { depth: 0, bytes: 0 });
  let bytes = JSON.stringify(compileFlag(content, 1)).length;
  let depth = 0;
  for (const { flag } of content.configuration.rules.flatMap((rule) => rule.prerequisites)) {
    const below = extentOf(find(flag), find, known);
    bytes += below.bytes;
    depth = Math.max(depth, below.depth);
  }
  const extent = { depth: depth + 1, bytes };
  known.set(content.key, extent);
  return extent;
}

/**
 * What is wrong with what a content asks of other flags: one that is not in force, a variant that
 * it does not have, a circle, a chain that is too long, or too much to write out.
 *
 * @param find  what is in force in the same environment
 */
export function prerequisiteFaults(content: RevisionContent, find: FindContent): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [ruleIndex, { prerequisites }] of content.configuration.rules.entries()) {
    for (const [index, { flag, variants }] of prerequisites.entries()) {
      const pointer = `/rules/${ruleIndex}/prerequisites/${index}`;
      faults.push(...oneFault(content.key, flag, variants, pointer, find));
    }
  }
  if (faults.length > 0) return faults;
  return extentFaults(extentOf(content, find, new Map()), "");
}

function extentFaults({ depth, bytes }: Extent, whose: string): readonly Fault[] {
  const faults: Fault[] = [];
  if (depth > MAX_DEPTH + 1) {
    const detail = `need flags that need flags, ${depth - 1} in a row, more than ${MAX_DEPTH}; shorten the chain`;
    faults.push({ pointer: "/rules", detail: `${whose}${detail}` });
  }
  if (bytes > MAX_COMPILED_BYTES) {
    const detail = `are ${bytes} bytes with everything that they need written out, more than ${MAX_COMPILED_BYTES}; ask for fewer flags, or shorten lists`;
    faults.push({ pointer: "/rules", detail: `${whose}${detail}` });
  }
  return faults;
}

/**
 * What a content would make of a flag that asks for it, itself or by way of others: a chain that is
 * too long, or too much to write out, and more of it than before.
 *
 * @param before  what is in force for the content's flag now
 * @param find    what is in force in the same environment
 */
export function dependentFaults(
  content: RevisionContent,
  before: RevisionContent | null,
  dependents: readonly RevisionContent[],
  find: FindContent,
): readonly Fault[] {
  const withIn =
    (own: RevisionContent | null): FindContent =>
    (key) =>
      key === content.key ? own : find(key);
  return dependents.flatMap((dependent) => {
    const then = extentOf(dependent, withIn(content), new Map());
    const now = extentOf(dependent, withIn(before), new Map());
    if (then.depth <= now.depth && then.bytes <= now.bytes) return [];
    return extentFaults(then, `would let flag "${dependent.key}" `);
  });
}

function oneFault(
  key: string,
  flag: string,
  variants: readonly string[],
  pointer: string,
  find: FindContent,
): readonly Fault[] {
  const way = wayTo(key, flag, find, new Set());
  if (way !== null) {
    const path = [key, ...way].join(" → ");
    return [{ pointer: `${pointer}/flag`, detail: `leads back to the flag itself: ${path}` }];
  }
  const other = find(flag);
  if (other === null) {
    const detail = `flag "${flag}" is not in force in this environment; publish it first`;
    return [{ pointer: `${pointer}/flag`, detail }];
  }
  return variants.flatMap((variant, index) =>
    Object.hasOwn(other.variants, variant)
      ? []
      : [{ pointer: `${pointer}/variants/${index}`, detail: `"${flag}" has no such variant` }],
  );
}
