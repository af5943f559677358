import { celEnv, parse, plan } from "@bufbuild/cel";

import type { FactDefinition, FactType, FactValue } from "./facts.ts";

/** The three truth values of strong Kleene logic; a rule's outcome is the truth of its cell. */
export type Truth = "hit" | "miss" | "unknown";

/** Values of the known facts only: a fact that is absent here is unknown. */
export type KnownFacts = Readonly<Record<string, FactValue>>;

/** A compiled CEL condition. */
export interface Cell {
  /** Every fact that the condition reads, in the order of first mention. */
  readonly facts: readonly string[];
  readonly truth: (known: KnownFacts) => Truth;
  /** The facts whose absence keeps the condition unknown; empty when it is not unknown. */
  readonly unknownFacts: (known: KnownFacts) => readonly string[];
}

/** Thrown inside this file only; `compileCell` turns it into a message. */
class CellProblem extends Error {}

type Expr = NonNullable<ReturnType<typeof parse>["expr"]>;
type Catalog = ReadonlyMap<string, FactDefinition>;

/** A checked type; `values` are the words that a string may be, `literal` is a text constant. */
interface Checked {
  readonly kind: "bool" | "int" | "double" | "string" | "strings";
  readonly values?: Readonly<Record<string, string>> | undefined;
  readonly literals?: readonly string[] | undefined;
}

type Scope = ReadonlyMap<string, Checked>;

const ENVIRONMENT = celEnv();
const MAX_CELL_LENGTH = 2000;
const ORDER = new Set(["_<_", "_<=_", "_>_", "_>=_"]);
const ARITHMETIC = new Set(["_+_", "_-_", "_*_"]);

function ofFact(type: FactType): Checked {
  switch (type.kind) {
    case "bool":
      return { kind: "bool" };
    case "number":
      return { kind: "double" };
    case "enum":
      return { kind: "string", values: type.values };
    case "strings":
      return { kind: "strings", values: type.values };
  }
}

function isNumber(checked: Checked): boolean {
  return checked.kind === "int" || checked.kind === "double";
}

/** Edit distance, for "did you mean"; names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const FAR = 4;

/** " Did you mean x?" when one of the names is near; otherwise nothing. */
export function didYouMean(name: string, names: Iterable<string>): string {
  let best = { name: "", far: FAR };
  for (const candidate of names) {
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    if (far < best.far) best = { name: candidate, far };
  }
  return best.name === "" ? "" : ` Did you mean ${best.name}?`;
}

function checkLiterals(side: Checked, other: Checked): void {
  if (other.values === undefined) return;
  for (const literal of side.literals ?? []) {
    if (!Object.hasOwn(other.values, literal)) {
      throw new CellProblem(
        `"${literal}" is not one of the allowed values.${didYouMean(literal, Object.keys(other.values))}`,
      );
    }
  }
}

function checkComparison(operator: string, left: Checked, right: Checked): Checked {
  const numbers = isNumber(left) && isNumber(right);
  if (ORDER.has(operator) ? !numbers : !numbers && left.kind !== right.kind) {
    throw new CellProblem(`${left.kind} cannot be compared with ${right.kind} by ${operator}.`);
  }
  if (left.kind === "strings")
    throw new CellProblem("Lists cannot be compared; use in, exists or all.");
  checkLiterals(left, right);
  checkLiterals(right, left);
  return { kind: "bool" };
}

function checkCall(name: string, args: readonly Checked[]): Checked {
  const [first, second] = args;
  if (name === "!_" || name === "@not_strictly_false" || name === "_&&_" || name === "_||_") {
    if (args.every(({ kind }) => kind === "bool")) return { kind: "bool" };
    throw new CellProblem("Only conditions can be joined by &&, || and !.");
  }
  if (name === "size" && first?.kind === "strings") return { kind: "int" };
  if (name === "-_" && first !== undefined && isNumber(first)) return first;
  if (first === undefined || second === undefined)
    throw new CellProblem(`The function ${name} is not allowed.`);
  if (ORDER.has(name) || name === "_==_" || name === "_!=_")
    return checkComparison(name, first, second);
  if (name === "@in") {
    if (isNumber(first) && second.kind === "int") return { kind: "bool" };
    if (first.kind !== "string" || second.kind !== "strings")
      throw new CellProblem("in needs a word and a list of words.");
    checkLiterals(first, second);
    checkLiterals(second, first);
    return { kind: "bool" };
  }
  if (ARITHMETIC.has(name)) {
    if (isNumber(first) && first.kind === second.kind) return first;
    throw new CellProblem(
      `${name} needs two numbers of one kind; write 4.0 beside a fact instead of 4.`,
    );
  }
  throw new CellProblem(`The function ${name} is not allowed.`);
}

function checkList(elements: readonly Expr[], scope: Scope): Checked {
  const checked = elements.map((element) => checkExpr(element, scope));
  if (checked.every(({ kind }) => kind === "string")) {
    return { kind: "strings", literals: checked.flatMap(({ literals }) => literals ?? []) };
  }
  // A list of numbers only ever stands on the right of `in`; it takes the kind of its elements.
  if (checked.every(isNumber)) return { kind: "int" };
  throw new CellProblem("A list holds either words or numbers.");
}

const CONSTANTS = new Map<string, Checked["kind"]>([
  ["boolValue", "bool"],
  ["int64Value", "int"],
  ["doubleValue", "double"],
  ["stringValue", "string"],
]);

function checkConstant(constantCase: string | undefined, value: unknown): Checked {
  const kind = CONSTANTS.get(constantCase ?? "");
  if (kind === undefined) {
    throw new CellProblem("Only yes and no, numbers and words may be written in a condition.");
  }
  return kind === "string" ? { kind, literals: [String(value)] } : { kind };
}

function required(expr: Expr | undefined): Expr {
  if (expr === undefined) throw new CellProblem("The condition is incomplete.");
  return expr;
}

/** Infers the type of an expression; refuses whatever the catalog and the short list of functions do not know. */
function checkExpr(expr: Expr, scope: Scope): Checked {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "constExpr":
      return checkConstant(exprKind.value.constantKind.case, exprKind.value.constantKind.value);
    case "identExpr": {
      const found = scope.get(exprKind.value.name);
      if (found !== undefined) return found;
      const names = [...scope.keys()].filter((name) => !name.startsWith("@"));
      throw new CellProblem(
        `There is no fact ${exprKind.value.name}.${didYouMean(exprKind.value.name, names)}`,
      );
    }
    case "listExpr":
      return checkList(exprKind.value.elements, scope);
    case "callExpr": {
      const { args, target, function: name } = exprKind.value;
      const all = target === undefined ? args : [target, ...args];
      if (name === "_?_:_") return checkConditional(all, scope);
      return checkCall(
        name,
        all.map((arg) => checkExpr(arg, scope)),
      );
    }
    case "comprehensionExpr": {
      const { iterRange, iterVar, accuVar, accuInit, loopCondition, loopStep, result } =
        exprKind.value;
      const range = checkExpr(required(iterRange), scope);
      if (range.kind !== "strings" || checkExpr(required(accuInit), scope).kind !== "bool") {
        throw new CellProblem("Only exists and all over a list of words are allowed.");
      }
      if (scope.has(iterVar)) throw new CellProblem(`The name ${iterVar} is taken by a fact.`);
      const element: Checked = { kind: "string", values: range.values };
      const inner: Scope = new Map([...scope, [iterVar, element], [accuVar, { kind: "bool" }]]);
      for (const part of [loopCondition, loopStep]) checkExpr(required(part), inner);
      return checkExpr(required(result), inner);
    }
    case "selectExpr":
    case "structExpr":
    case undefined:
      throw new CellProblem("Fields, has() and objects are not allowed in a condition.");
  }
}

function checkConditional(args: readonly Expr[], scope: Scope): Checked {
  const kinds = args.map((arg) => checkExpr(arg, scope).kind);
  if (kinds.every((kind) => kind === "bool")) return { kind: "bool" };
  throw new CellProblem("a ? b : c is allowed between conditions only.");
}

/** Names of the facts that an expression reads. */
function factsOf(expr: Expr, catalog: Catalog, found: Set<string> = new Set()): Set<string> {
  const { exprKind } = expr;
  const visit = (part: Expr | undefined) => {
    if (part !== undefined) factsOf(part, catalog, found);
  };
  if (exprKind.case === "identExpr" && catalog.has(exprKind.value.name))
    found.add(exprKind.value.name);
  if (exprKind.case === "listExpr") exprKind.value.elements.forEach(visit);
  if (exprKind.case === "callExpr") [exprKind.value.target, ...exprKind.value.args].forEach(visit);
  if (exprKind.case === "comprehensionExpr") {
    const { iterRange, loopCondition, loopStep, result } = exprKind.value;
    [iterRange, loopCondition, loopStep, result].forEach(visit);
  }
  return found;
}

const NOTHING: readonly string[] = [];

function atom(expr: Expr, catalog: Catalog): Cell {
  const facts = [...factsOf(expr, catalog)];
  const missing = (known: KnownFacts) => facts.filter((name) => !(name in known));
  const [only = ""] = facts;
  if (expr.exprKind.case === "identExpr") {
    return {
      facts,
      truth: (known) => (only in known ? (known[only] === true ? "hit" : "miss") : "unknown"),
      unknownFacts: missing,
    };
  }
  const evaluate = plan(ENVIRONMENT, expr);
  const truth = (known: KnownFacts): Truth => {
    for (const name of facts) if (!(name in known)) return "unknown";
    const value = evaluate(known);
    return value === true ? "hit" : value === false ? "miss" : "unknown";
  };
  // An evaluation error with every fact known is blamed on all of them: one of the values caused it.
  const unknownFacts = (known: KnownFacts) => {
    const names = missing(known);
    return names.length > 0 || truth(known) !== "unknown" ? names : facts;
  };
  return { facts, truth, unknownFacts };
}

function joined(cells: readonly Cell[], decisive: Truth, otherwise: Truth): Cell {
  const truth = (known: KnownFacts): Truth => {
    let result = otherwise;
    for (const cell of cells) {
      const part = cell.truth(known);
      if (part === decisive) return decisive;
      if (part === "unknown") result = "unknown";
    }
    return result;
  };
  return {
    facts: [...new Set(cells.flatMap(({ facts }) => facts))],
    truth,
    unknownFacts: (known) =>
      truth(known) === "unknown"
        ? [...new Set(cells.flatMap((cell) => cell.unknownFacts(known)))]
        : NOTHING,
  };
}

function negated(cell: Cell): Cell {
  const opposite = { hit: "miss", miss: "hit", unknown: "unknown" } as const;
  return { ...cell, truth: (known) => opposite[cell.truth(known)] };
}

/** Splits a condition at &&, ||, ! and ?: into Kleene logic of ours; what is left is planned by CEL. */
function compileExpr(expr: Expr, catalog: Catalog): Cell {
  const { exprKind } = expr;
  if (exprKind.case !== "callExpr") return atom(expr, catalog);
  const parts = () => exprKind.value.args.map((arg) => compileExpr(arg, catalog));
  switch (exprKind.value.function) {
    case "_&&_":
      return joined(parts(), "miss", "hit");
    case "_||_":
      return joined(parts(), "hit", "miss");
    case "!_":
      return parts().map(negated)[0] ?? atom(expr, catalog);
    case "_?_:_": {
      const [when, then, otherwise] = parts();
      if (when === undefined || then === undefined || otherwise === undefined)
        return atom(expr, catalog);
      // Implications, so that an unknown condition is harmless where both branches agree.
      const chosen = joined(
        [joined([when, then], "miss", "hit"), joined([negated(when), otherwise], "miss", "hit")],
        "hit",
        "miss",
      );
      return joined([chosen, joined([then, otherwise], "miss", "hit")], "hit", "miss");
    }
    default:
      return atom(expr, catalog);
  }
}

/**
 * Compiles one CEL condition against a fact catalog.
 *
 * Allowed: the facts by name, literals, `&& || ! ?:`, comparisons, `in`, `exists`, `all`, `size`,
 * `+ - *`. No regular expressions, no fields, no other function.
 *
 * @returns the compiled condition, or in words why it is refused
 */
export function compileCell(source: string, catalog: Catalog): Cell | string {
  if (source.length > MAX_CELL_LENGTH)
    return `The condition is longer than ${MAX_CELL_LENGTH} characters.`;
  const expr = parsed(source);
  if (typeof expr === "string") return expr;
  try {
    const scope = new Map([...catalog].map(([name, { type }]) => [name, ofFact(type)] as const));
    const { kind } = checkExpr(expr, scope);
    return kind === "bool"
      ? compileExpr(expr, catalog)
      : `The condition gives a ${kind}, not a yes or no.`;
  } catch (error) {
    if (error instanceof CellProblem) return error.message;
    throw error;
  }
}

/** The syntax tree, or why the text is not CEL. The parser reports syntax errors by throwing. */
function parsed(source: string): Expr | string {
  try {
    return parse(source).expr;
  } catch (error) {
    return `The condition cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
