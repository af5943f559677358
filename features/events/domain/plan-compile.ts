import type { Check, Compiling, Run, Violation } from "./plan-check.ts";
import { failure, isSpent, isWithin, kindOf, TOO_LARGE } from "./plan-check.ts";
import { compileArray } from "./plan-compile-arrays.ts";
import { compileObject } from "./plan-compile-objects.ts";
import { compileNumbers, compileTexts } from "./plan-compile-scalars.ts";
import { linearPattern } from "./plan-patterns.ts";
import { pointerStep, sameJson } from "./plan-schema.ts";
import type { JsonType, PlanSchema, SchemaNode } from "./plan-schema.ts";

/** The first thing that is wrong with a value. */
export interface PlanFault {
  /** JSON pointer into the value. */
  readonly path: string;
  /** What is wrong there, without repeating what was sent, so that equal faults have equal words. */
  readonly reason: string;
}

/** A plan as closures; it may be used for any number of events. */
export interface CompiledPlan {
  /** @returns null if the value is as the plan says */
  check(value: unknown): PlanFault | null;
}

/**
 * Compiles a schema into closures: no code is generated from it, so a hostile schema can at most be
 * slow, and its limits and the budget of a run bound that too.
 */
export function compilePlan(schema: PlanSchema): CompiledPlan {
  const compiled = new Map<string, Check>();
  const compiling: Compiling = {
    node(node) {
      const known = compiled.get(node.pointer);
      if (known !== undefined) return known;
      const check = compileNode(node, compiling);
      compiled.set(node.pointer, check);
      return check;
    },
    pattern(pattern) {
      const expression = linearPattern(pattern);
      if (expression === null) throw new RangeError(`${pattern} was not read by readPlanSchema`);
      return (text) => expression.test(text);
    },
    /** Looked up when it runs, because a reference may lead to what is still being compiled. */
    reference(pointer) {
      let target: Check | undefined;
      return (value, run) => {
        target ??=
          compiled.get(pointer) ?? compiling.node(schema.nodes.get(pointer) ?? schema.root);
        return isWithin(run) ? target(value, run) : TOO_LARGE;
      };
    },
  };
  const root = compiling.node(schema.root);
  const run: Run = { steps: 0 };
  return {
    check(value) {
      run.steps = 0;
      const found = root(value, run);
      // A run that was given up may have found anything, below a `not` for example.
      const violation = isSpent(run) ? TOO_LARGE : found;
      if (violation === null) return null;
      return {
        path: violation.path.toReversed().map(pointerStep).join(""),
        reason: violation.reason,
      };
    },
  };
}

const pass: Check = () => null;

function compileNode(node: SchemaNode, compiling: Compiling): Check {
  if (node.never) return () => failure("is not in the plan");
  const checks = [
    node.ref === null ? null : compiling.reference(node.ref),
    compileTypes(node),
    compileAllowed(node),
    compileNumbers(node),
    compileTexts(node, compiling),
    compileArray(node, compiling),
    compileObject(node, compiling),
    ...node.allOf.map((part) => compiling.node(part)),
    compileAnyOf(node, compiling),
    compileOneOf(node, compiling),
    compileNot(node, compiling),
    compileCondition(node, compiling),
  ].filter((check) => check !== null);
  return every(checks);
}

function every(checks: readonly Check[]): Check {
  const [first, second, third] = checks;
  if (first === undefined) return pass;
  if (second === undefined) return first;
  if (third === undefined) return (value, run) => first(value, run) ?? second(value, run);
  return (value, run) => {
    for (const check of checks) {
      const violation = check(value, run);
      if (violation !== null) return violation;
    }
    return null;
  };
}

const TYPE_WORDS: Readonly<Record<JsonType, string>> = {
  null: "null",
  boolean: "true or false",
  string: "a text",
  number: "a number",
  integer: "a whole number",
  array: "a list",
  object: "an object",
};

interface Mismatches {
  readonly violations: ReadonlyMap<string, Violation>;
  readonly other: Violation;
}

/** Few combinations of types exist, and every property of every plan has one. */
const mismatches = new Map<string, Mismatches>();

function mismatchesOf(words: string): Mismatches {
  const known = mismatches.get(words);
  if (known !== undefined) return known;
  const violations = new Map(
    Object.entries(TYPE_WORDS).map(([kind, name]) => [
      kind,
      failure(`must be ${words}, not ${kind === "integer" ? "a number" : name}`),
    ]),
  );
  const made = { violations, other: failure(`must be ${words}`) };
  mismatches.set(words, made);
  return made;
}

function compileTypes({ types }: SchemaNode): Check | null {
  if (types === null) return null;
  const words = types.map((type) => TYPE_WORDS[type]).join(" or ");
  const kinds = new Set<string>(types.includes("number") ? [...types, "integer"] : types);
  const { violations, other } = mismatchesOf(words);
  const mismatch = (value: unknown): Violation => violations.get(kindOf(value)) ?? other;
  const [only] = types;
  if (types.length === 1 && only === "string") {
    return (value) => (typeof value === "string" ? null : mismatch(value));
  }
  if (types.length === 1 && only === "number") {
    return (value) => (typeof value === "number" ? null : mismatch(value));
  }
  if (types.length === 1 && only === "integer") {
    const fraction = failure("must be a whole number, without a fraction");
    return (value) => {
      if (typeof value !== "number") return mismatch(value);
      return Number.isInteger(value) ? null : fraction;
    };
  }
  return (value) => (kinds.has(kindOf(value)) ? null : mismatch(value));
}

/** Enough to recognise the list by. */
const SHOWN_VALUES = 8;

function compileAllowed({ allowed }: SchemaNode): Check | null {
  if (allowed === null) return null;
  const shown = allowed.slice(0, SHOWN_VALUES).map((value) => JSON.stringify(value));
  const more = allowed.length > shown.length ? ` and ${allowed.length - shown.length} more` : "";
  const violation = failure(
    allowed.length === 1
      ? `must be ${shown.join("")}`
      : `must be one of ${shown.join(", ")}${more}`,
  );
  const simple = new Set(allowed.filter((value) => typeof value !== "object" || value === null));
  const structured = allowed.filter((value) => typeof value === "object" && value !== null);
  if (structured.length === 0) return (value) => (simple.has(value) ? null : violation);
  return (value) =>
    simple.has(value) || structured.some((one) => sameJson(one, value)) ? null : violation;
}

function compileAnyOf(node: SchemaNode, compiling: Compiling): Check | null {
  if (node.anyOf.length === 0) return null;
  const branches = node.anyOf.map((branch) => compiling.node(branch));
  return (value, run) => {
    let nearest: Violation | null = null;
    for (const branch of branches) {
      const violation = branch(value, run);
      if (violation === null) return null;
      // The branch that got deepest into the event is the one that was meant.
      if (nearest === null || violation.path.length > nearest.path.length) nearest = violation;
    }
    return nearest === null || nearest.path.length === 0 ? noForm(branches.length) : nearest;
  };
}

function noForm(count: number): Violation {
  return failure(`fits none of the ${count} forms that the plan allows`);
}

function compileOneOf(node: SchemaNode, compiling: Compiling): Check | null {
  if (node.oneOf.length === 0) return null;
  const branches = node.oneOf.map((branch) => compiling.node(branch));
  return (value, run) => {
    let fitting = 0;
    let nearest: Violation | null = null;
    for (const branch of branches) {
      const violation = branch(value, run);
      if (violation === null) fitting += 1;
      else if (nearest === null || violation.path.length > nearest.path.length) nearest = violation;
    }
    if (fitting === 1) return null;
    if (fitting > 1)
      return failure(`fits ${fitting} forms at once, and the plan allows exactly one`);
    return nearest === null || nearest.path.length === 0 ? noForm(branches.length) : nearest;
  };
}

function compileNot(node: SchemaNode, compiling: Compiling): Check | null {
  if (node.not === null) return null;
  const inner = compiling.node(node.not);
  const violation = failure("has a form that the plan rules out");
  return (value, run) => (inner(value, run) === null ? violation : null);
}

function compileCondition(node: SchemaNode, compiling: Compiling): Check | null {
  if (node.condition === null) return null;
  const condition = compiling.node(node.condition);
  const met = node.whenMet === null ? pass : compiling.node(node.whenMet);
  const unmet = node.whenUnmet === null ? pass : compiling.node(node.whenUnmet);
  return (value, run) => (condition(value, run) === null ? met(value, run) : unmet(value, run));
}
