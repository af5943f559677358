import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { compileCell } from "./cell.ts";
import type { Cell } from "./cell.ts";
import type { FactDefinition } from "./facts.ts";
import { compileTemplate } from "./template.ts";
import type { Template } from "./template.ts";

/** One row of a decision table. `Outcome` is what the table answers when this rule decides. */
export interface Rule<Outcome extends string> {
  readonly id: string;
  /** What the rule looks for, e.g. "Touches customer identity". */
  readonly title: string;
  /** A CEL condition over the facts of the catalog. */
  readonly when: string;
  readonly outcome: Outcome;
  /** The reason when it is a hit; `{fact}` stands for its value. */
  readonly because: string;
  /** The reason when it is a miss. */
  readonly otherwise: string;
  /** The short answer beside the rule, e.g. "{durationWeeks}"; "Yes" or "No" when absent. */
  readonly shows?: string;
  /** Keys of the controls that a hit demands. */
  readonly controls?: readonly string[];
}

/** A versioned decision table as plain JSON. */
export interface DecisionTable<Outcome extends string> {
  readonly id: string;
  readonly version: number;
  readonly rules: readonly Rule<Outcome>[];
  /** The answer when every rule is a provable miss and every fact that the rules read is known. */
  readonly otherwise: {
    readonly outcome: Outcome;
    readonly because: string;
    readonly controls: readonly string[];
  };
}

/** Why a table is refused when it is compiled. `pointer` is a JSON pointer into the table. */
export interface TableProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** A rule ready to be evaluated. */
export interface CompiledRule<Outcome extends string> {
  readonly rule: Rule<Outcome>;
  readonly cell: Cell;
  readonly because: Template;
  readonly otherwise: Template;
  readonly shows: Template | null;
}

/** A checked table with its catalog; made once by `compileTable`. */
export interface CompiledTable<Outcome extends string> {
  readonly table: DecisionTable<Outcome>;
  readonly catalog: ReadonlyMap<string, FactDefinition>;
  readonly rules: readonly CompiledRule<Outcome>[];
  /** Every fact that some rule reads: all of them must be known for the answer `otherwise`. */
  readonly reads: readonly string[];
}

const FACT_NAME = /^[a-z][A-Za-z0-9]{0,63}$/;
// Names that CEL or every JavaScript object already gives a meaning can never be columns.
const RESERVED = new Set([
  "in",
  "true",
  "false",
  "null",
  "size",
  "as",
  "break",
  "const",
  "continue",
]);

function compileCatalog(
  catalog: readonly FactDefinition[],
  problems: TableProblem[],
): ReadonlyMap<string, FactDefinition> {
  const byName = new Map<string, FactDefinition>();
  for (const [index, definition] of catalog.entries()) {
    const { name } = definition;
    const pointer = `/catalog/${index}/name`;
    if (!FACT_NAME.test(name) || RESERVED.has(name) || name in Object.prototype)
      problems.push({ pointer, detail: `"${name}" cannot name a fact.` });
    if (byName.has(name)) problems.push({ pointer, detail: `The fact ${name} is listed twice.` });
    byName.set(name, definition);
  }
  return byName;
}

function compileRule<Outcome extends string>(
  rule: Rule<Outcome>,
  pointer: string,
  catalog: ReadonlyMap<string, FactDefinition>,
  problems: TableProblem[],
): CompiledRule<Outcome> | null {
  const found = <T>(compiled: T | string, field: string): T | null => {
    if (typeof compiled !== "string") return compiled;
    problems.push({ pointer: `${pointer}/${field}`, detail: compiled });
    return null;
  };
  const cell = found(compileCell(rule.when, catalog), "when");
  const because = found(compileTemplate(rule.because, catalog), "because");
  const otherwise = found(compileTemplate(rule.otherwise, catalog), "otherwise");
  const shows =
    rule.shows === undefined ? null : found(compileTemplate(rule.shows, catalog), "shows");
  if (cell === null || because === null || otherwise === null) return null;
  return { rule, cell, because, otherwise, shows };
}

/**
 * Checks a table against a fact catalog and compiles it once.
 *
 * Refused: conditions that do not parse, misspelt facts or values, wrong types, functions off the
 * short list, conditions that read no fact, rule ids used twice, an empty table.
 *
 * @returns the compiled table, or every problem found
 */
export function compileTable<Outcome extends string>(
  table: DecisionTable<Outcome>,
  catalog: readonly FactDefinition[],
): Result<CompiledTable<Outcome>, readonly TableProblem[]> {
  const problems: TableProblem[] = [];
  const byName = compileCatalog(catalog, problems);
  const rules: CompiledRule<Outcome>[] = [];
  const ids = new Set<string>();
  if (table.rules.length === 0)
    problems.push({ pointer: "/rules", detail: "A table needs at least one rule." });
  for (const [index, rule] of table.rules.entries()) {
    const pointer = `/rules/${index}`;
    if (ids.has(rule.id))
      problems.push({ pointer: `${pointer}/id`, detail: `The rule ${rule.id} is listed twice.` });
    ids.add(rule.id);
    const compiled = compileRule(rule, pointer, byName, problems);
    if (compiled === null) continue;
    if (compiled.cell.facts.length === 0) {
      problems.push({
        pointer: `${pointer}/when`,
        detail: "The condition reads no fact, so it would always answer the same.",
      });
    }
    rules.push(compiled);
  }
  if (problems.length > 0) return err(problems);
  const reads = [...new Set(rules.flatMap(({ cell }) => cell.facts))];
  return ok({ table, catalog: byName, rules, reads });
}

/** What a policy digest covers: the table and its catalog, as plain JSON for canonicalization. */
export function policyDocument<Outcome extends string>(
  table: DecisionTable<Outcome>,
  catalog: readonly FactDefinition[],
): { readonly table: DecisionTable<Outcome>; readonly catalog: readonly FactDefinition[] } {
  return { table, catalog };
}
