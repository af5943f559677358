import type { KnownFacts, Truth } from "./cell.ts";
import { listInWords, readFact } from "./facts.ts";
import type { FactReadings, FactState, FactValue } from "./facts.ts";
import type { CompiledRule, CompiledTable } from "./table.ts";

/** The answer while a fact is missing that could change it. */
export type NeedsInformation = "needs_information";

/** How one rule came out, in words. */
export interface RuleTrace<Outcome extends string> {
  readonly id: string;
  readonly title: string;
  /** What the table answers when this rule decides. */
  readonly outcome: Outcome;
  readonly truth: Truth;
  readonly reason: string;
  /** The short answer beside the title. */
  readonly shows: string;
  readonly facts: readonly string[];
  /** Facts that would settle an unknown rule; empty otherwise. */
  readonly unknownFacts: readonly string[];
}

/** One evaluation of a table; plain JSON. */
export interface Evaluation<Outcome extends string> {
  readonly outcome: Outcome | NeedsInformation;
  /** The id of the first rule that is not a clear miss; null when every rule is a miss. */
  readonly decidedBy: string | null;
  readonly reason: string;
  /** Names of the facts to supply when the outcome is `needs_information`; empty otherwise. */
  readonly needs: readonly string[];
  readonly rules: readonly RuleTrace<Outcome>[];
  /** Every fact of the catalog as it was seen. */
  readonly facts: readonly FactState[];
  /** Readings whose name the catalog does not hold: they were not used. */
  readonly unrecognized: readonly string[];
  /** Controls demanded by any hit, or by the answer `otherwise`. */
  readonly controls: readonly string[];
}

/** The facts as read: states for the trace, values for the cells. */
interface Reading {
  readonly states: ReadonlyMap<string, FactState>;
  readonly known: KnownFacts;
}

function read<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  readings: FactReadings,
  nowMs: number,
): Reading {
  const states = new Map<string, FactState>();
  const known: Record<string, FactValue> = {};
  for (const [name, definition] of compiled.catalog) {
    const state = readFact(
      definition,
      Object.hasOwn(readings, name) ? readings[name] : undefined,
      nowMs,
    );
    states.set(name, state);
    if (state.status === "known") known[name] = state.value;
  }
  return { states, known };
}

function whyUnknown<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  names: readonly string[],
  states: ReadonlyMap<string, FactState>,
): string {
  const parts = names.map((name) => {
    const state = states.get(name);
    const title = compiled.catalog.get(name)?.title ?? name;
    if (state === undefined || state.status === "known")
      return `${title} (the condition cannot be computed from it)`;
    return `${title} (${state.why})`;
  });
  return `Not yet known: ${listInWords(parts)}.`;
}

function trace<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  { rule, cell, because, otherwise, shows }: CompiledRule<Outcome>,
  { states, known }: Reading,
): RuleTrace<Outcome> {
  const truth = cell.truth(known);
  const shared = {
    id: rule.id,
    title: rule.title,
    outcome: rule.outcome,
    truth,
    facts: cell.facts,
  };
  if (truth === "unknown") {
    const unknownFacts = cell.unknownFacts(known);
    return {
      ...shared,
      reason: whyUnknown(compiled, unknownFacts, states),
      shows: "Not yet known",
      unknownFacts,
    };
  }
  const reason = truth === "hit" ? because(states) : otherwise(states);
  return {
    ...shared,
    reason,
    shows: shows?.(states) ?? (truth === "hit" ? "Yes" : "No"),
    unknownFacts: [],
  };
}

type Answer<Outcome extends string> = Pick<
  Evaluation<Outcome>,
  "outcome" | "decidedBy" | "reason" | "needs"
>;

function answer<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  rules: readonly RuleTrace<Outcome>[],
  { states, known }: Reading,
): Answer<Outcome> {
  const first = rules.find(({ truth }) => truth !== "miss");
  if (first !== undefined) {
    const outcome = first.truth === "hit" ? first.outcome : "needs_information";
    return { outcome, decidedBy: first.id, reason: first.reason, needs: first.unknownFacts };
  }
  // A rule can be a miss although one of its facts is missing (no and unknown is no). The answer
  // `otherwise` asks for more: it must not rest on anything that nobody has said.
  const needs = compiled.reads.filter((name) => !(name in known));
  if (needs.length > 0) {
    return {
      outcome: "needs_information",
      decidedBy: null,
      reason: whyUnknown(compiled, needs, states),
      needs,
    };
  }
  const { outcome, because } = compiled.table.otherwise;
  return { outcome, decidedBy: null, reason: because, needs };
}

/**
 * Evaluates every rule to hit, miss or unknown; the first that is not a clear miss decides.
 * A missing, mistyped or stale fact is never a miss by itself. Pure: the same input gives the same
 * output, and nothing is thrown whatever the readings hold.
 *
 * @param nowMs  the instant against which the age of readings is measured, in epoch milliseconds
 */
export function evaluateTable<Outcome extends string>(
  compiled: CompiledTable<Outcome>,
  readings: FactReadings,
  nowMs: number,
): Evaluation<Outcome> {
  const reading = read(compiled, readings, nowMs);
  const rules = compiled.rules.map((rule) => trace(compiled, rule, reading));
  const decided = answer(compiled, rules, reading);
  const hits = compiled.rules.filter((_, index) => rules[index]?.truth === "hit");
  const demanded = hits.flatMap(({ rule }) => rule.controls ?? []);
  const isOtherwise = decided.decidedBy === null && decided.needs.length === 0;
  return {
    ...decided,
    rules,
    facts: [...reading.states.values()],
    unrecognized: Object.keys(readings).filter((name) => !compiled.catalog.has(name)),
    controls: [...new Set(isOtherwise ? compiled.table.otherwise.controls : demanded)],
  };
}
