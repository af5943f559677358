import { evaluateTable } from "@paceline/decision-table";
import type { CompiledTable, FactReading, FactReadings, FactValue } from "@paceline/decision-table";

import type { DecisionOutcome, PolicyOutcome } from "./mode.ts";

/** An example that a policy must answer as stated. */
export interface PolicyCase {
  readonly name: string;
  /** Values by fact; null and absent facts are not known. */
  readonly facts: Readonly<Record<string, FactValue | null>>;
  readonly expect: {
    readonly outcome: DecisionOutcome;
    readonly decidedBy: string | null;
    readonly needs?: readonly string[];
  };
}

/** How a case came out. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: PolicyCase["expect"];
  readonly actual: {
    readonly outcome: DecisionOutcome;
    readonly decidedBy: string | null;
    readonly needs: readonly string[];
  };
}

/** Facts of a case as fresh readings. */
export function caseReadings(facts: PolicyCase["facts"], nowMs: number): FactReadings {
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  return Object.fromEntries(
    known.map(([name, value]): [string, FactReading] => [name, { value, observedAtMs: nowMs }]),
  );
}

/** Runs the cases of a policy. */
export function runCases(
  table: CompiledTable<PolicyOutcome>,
  cases: readonly PolicyCase[],
): readonly CaseResult[] {
  return cases.map(({ name, facts, expect }) => {
    const { outcome, decidedBy, needs } = evaluateTable(table, caseReadings(facts, 0), 0);
    const sameNeeds = expect.needs === undefined || expect.needs.join(" ") === needs.join(" ");
    const passed = outcome === expect.outcome && decidedBy === expect.decidedBy && sameNeeds;
    return { name, passed, expected: expect, actual: { outcome, decidedBy, needs } };
  });
}

/** How well the cases exercise a rule. */
export interface RuleCoverage {
  readonly id: string;
  readonly title: string;
  readonly hits: number;
  readonly misses: number;
  readonly unknowns: number;
  /** Cases that this rule decides, by a hit or by being unknown. */
  readonly decides: number;
}

/** Counts for each rule how many cases make it a hit, a miss or unknown, and how many it decides. */
export function coverage(
  table: CompiledTable<PolicyOutcome>,
  cases: readonly PolicyCase[],
): readonly RuleCoverage[] {
  const runs = cases.map(({ facts }) => evaluateTable(table, caseReadings(facts, 0), 0));
  return table.rules.map(({ rule: { id, title } }, index) => {
    const truths = runs.map(({ rules }) => rules[index]?.truth);
    return {
      id,
      title,
      hits: truths.filter((truth) => truth === "hit").length,
      misses: truths.filter((truth) => truth === "miss").length,
      unknowns: truths.filter((truth) => truth === "unknown").length,
      decides: runs.filter(({ decidedBy }) => decidedBy === id).length,
    };
  });
}
