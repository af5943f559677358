import type { KnownFacts } from "./cell.ts";
import { factInWords, listInWords, readFact } from "./facts.ts";
import type { FactDefinition, FactReadings, FactValue } from "./facts.ts";
import type { CompiledRule, CompiledTable } from "./table.ts";

/** One fact to change. `from` is null when the fact is not known. */
export interface FactChangeStep {
  readonly fact: string;
  readonly from: FactValue | null;
  readonly to: FactValue;
  readonly words: string;
}

/** The answer to "what would make every rule a miss". */
export type SmallestChange =
  | { readonly kind: "none-needed" }
  /** No smaller set of changes over the catalog's candidates does it. */
  | {
      readonly kind: "changes";
      readonly changes: readonly FactChangeStep[];
      readonly words: string;
    }
  /** More than `limit` facts would have to change, or the search met its bound. */
  | { readonly kind: "too-many"; readonly limit: number; readonly words: string }
  /** These rules rest on facts that nobody can change. */
  | { readonly kind: "impossible"; readonly rules: readonly string[]; readonly words: string };

/** At most so many facts change. The mock-ups show one to three; more is a new proposal. */
const MAX_CHANGES = 4;
const MAX_VISITS = 20_000;
const MAX_SUBSET_ELEMENTS = 6;

interface Candidate {
  readonly value: FactValue;
  /** Orders answers with as many changes: elements removed, or position in the catalog's list. */
  readonly weight: number;
}

interface Solution {
  readonly values: ReadonlyMap<string, FactValue>;
  readonly weight: number;
}

function isList(value: FactValue | undefined): value is readonly string[] {
  return Array.isArray(value);
}

function same(a: FactValue | undefined, b: FactValue): boolean {
  if (!isList(a) || !isList(b)) return a === b;
  return a.length === b.length && a.every((element, index) => element === b[index]);
}

/** Every way to remove elements of a list, fewest first; of a long list only single ones and all. */
function shorter(list: readonly string[]): readonly Candidate[] {
  if (list.length > MAX_SUBSET_ELEMENTS) {
    const single = list.map((gone) => ({
      value: list.filter((element) => element !== gone),
      weight: 1,
    }));
    return [...single, { value: [], weight: list.length }];
  }
  const subsets = Array.from({ length: 2 ** list.length - 1 }, (_, mask) => {
    const value = list.filter((__, index) => (mask & (1 << index)) !== 0);
    return { value, weight: list.length - value.length };
  });
  return subsets.toSorted((a, b) => a.weight - b.weight);
}

function candidatesOf(
  definition: FactDefinition,
  current: FactValue | undefined,
): readonly Candidate[] {
  if (definition.change.kind === "fixed") return [];
  const { candidates, effort = 1 } = definition.change;
  const listed = candidates.map((value, index) => ({ value, weight: index + effort }));
  const removals = isList(current) ? shorter(current) : [];
  return [...removals, ...listed].filter(({ value }) => !same(current, value));
}

/**
 * Finds the fewest changes by following the rules: any set of changes that makes every rule a miss
 * must change a fact of the first rule that is not one, so only those facts are branched on. That
 * makes the search exact over the candidates, without trying all subsets of the catalog.
 */
class Search<Outcome extends string> {
  readonly #compiled: CompiledTable<Outcome>;
  readonly #start: KnownFacts;
  visits = 0;
  best: Solution | null = null;

  constructor(compiled: CompiledTable<Outcome>, start: KnownFacts) {
    this.#compiled = compiled;
    this.#start = start;
  }

  /** Facts of the rule, among those that are not changed yet, that block the answer; null if none blocks. */
  blocking(known: KnownFacts): readonly string[] | null {
    let fewest: readonly string[] | null = null;
    for (const { cell } of this.#compiled.rules) {
      if (cell.truth(known) === "miss") continue;
      if (fewest === null || cell.facts.length < fewest.length) fewest = cell.facts;
    }
    if (fewest !== null) return fewest;
    const missing = this.#compiled.reads.find((name) => !(name in known));
    return missing === undefined ? null : [missing];
  }

  descend(
    known: KnownFacts,
    changed: ReadonlyMap<string, FactValue>,
    weight: number,
    left: number,
  ): void {
    this.visits += 1;
    if (this.visits > MAX_VISITS || (this.best !== null && weight >= this.best.weight)) return;
    const blocking = this.blocking(known);
    if (blocking === null) {
      this.best = { values: changed, weight };
      return;
    }
    if (left === 0) return;
    for (const name of blocking) {
      const definition = this.#compiled.catalog.get(name);
      if (definition === undefined || changed.has(name)) continue;
      for (const candidate of candidatesOf(definition, this.#start[name])) {
        const { value } = candidate;
        this.descend(
          { ...known, [name]: value },
          new Map([...changed, [name, value]]),
          weight + candidate.weight,
          left - 1,
        );
      }
    }
  }
}

function stepWords(definition: FactDefinition, from: FactValue | null, to: FactValue): string {
  const value = factInWords(definition.type, to);
  const gone =
    isList(to) && from !== null && isList(from)
      ? from.filter((element) => !to.includes(element))
      : [];
  const removed = factInWords(definition.type, gone);
  if (from === null && definition.type.kind !== "bool")
    return `State ${definition.title} (${value} would do)`;
  const words = definition.change.kind === "changeable" ? definition.change.words : {};
  const advice = words[String(to)] ?? words["*"] ?? `Make ${definition.title} {value}`;
  return advice.replaceAll("{value}", () => value).replaceAll("{removed}", () => removed);
}

function stepsOf<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  known: KnownFacts,
  solution: Solution,
): readonly FactChangeStep[] {
  return [...solution.values].flatMap(([fact, to]) => {
    const definition = compiled.catalog.get(fact);
    const from = known[fact] ?? null;
    return definition === undefined
      ? []
      : [{ fact, from, to, words: stepWords(definition, from, to) }];
  });
}

/** Rules that stay a hit, or unknown, whatever happens to the facts that can be changed. */
function stuck<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  known: KnownFacts,
): readonly CompiledRule<Outcome>[] {
  const isFixed = (name: string) => compiled.catalog.get(name)?.change.kind === "fixed";
  // A hit that does not need the changeable facts is a hit for all of their values.
  const fixedOnly = Object.fromEntries(Object.entries(known).filter(([name]) => isFixed(name)));
  return compiled.rules.filter(({ cell }) => {
    if (cell.truth(known) === "miss") return false;
    return cell.truth(fixedOnly) === "hit" || cell.facts.every(isFixed);
  });
}

/**
 * The smallest change of facts that makes every rule a miss, so that the table answers `otherwise`.
 *
 * Exact over the candidate values of the catalog up to 4 changed facts (a list that loses elements is
 * one change; of two answers with as many facts the one that removes fewer elements wins).
 *
 * @returns the changes with advice in words, or why there is no small answer
 */
export function smallestChange<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  readings: FactReadings,
  nowMs: number,
): SmallestChange {
  const known: Record<string, FactValue> = {};
  for (const [name, definition] of compiled.catalog) {
    const state = readFact(
      definition,
      Object.hasOwn(readings, name) ? readings[name] : undefined,
      nowMs,
    );
    if (state.status === "known") known[name] = state.value;
  }
  const fixed = stuck(compiled, known);
  if (fixed.length > 0) {
    const words = `This cannot be changed by a proposer: ${listInWords(fixed.map(({ rule }) => rule.title))}.`;
    return { kind: "impossible", rules: fixed.map(({ rule }) => rule.id), words };
  }
  const search = new Search(compiled, known);
  for (
    let limit = 0;
    limit <= MAX_CHANGES && search.best === null && search.visits <= MAX_VISITS;
    limit += 1
  ) {
    search.descend(known, new Map(), 0, limit);
  }
  if (search.best === null) {
    const words = `More than ${MAX_CHANGES} facts would have to be stated or changed; propose a smaller change instead.`;
    return { kind: "too-many", limit: MAX_CHANGES, words };
  }
  if (search.best.values.size === 0) return { kind: "none-needed" };
  const changes = stepsOf(compiled, known, search.best);
  return { kind: "changes", changes, words: `${changes.map(({ words }) => words).join("; ")}.` };
}
