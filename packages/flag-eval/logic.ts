import { isRecord } from "./coercion.ts";

/** One operator's result while a flag was explained; `path` is a JSON pointer into the targeting. */
export interface TraceStep {
  readonly path: string;
  readonly operator: string;
  readonly result: unknown;
}

/** What one evaluation carries besides the data. */
export interface Frame {
  readonly root: unknown;
  readonly flagKey: string;
  readonly nowMs: number;
  /** Set when a `fractional` chose the answer itself. */
  split: boolean;
  readonly trace: TraceStep[] | null;
}

/** An attribute that is read by its plain name; `place` says where in the source (see `readAt`). */
export interface Attribute {
  readonly name: string;
  readonly place: number;
}

/** Leads to one of two steps, by whether an expression is true. */
export type Branch = (yes: Step, no: Step) => Step;

/** A compiled expression, called. What its fields say, a decision does without calling it. */
export interface Run {
  (data: unknown, frame: Frame): unknown;
  /** It gives this attribute, or null where it is not there. */
  attribute?: Attribute;
  branch?: Branch;
  /** It walks from here. */
  entry?: Step;
}

/** One step of a decision; the last one leads nowhere, and its `run` gives the answer. */
export interface Step {
  readonly run: Run;
  /** Of the attribute and the value; undefined where `run` gives what is true or false. */
  readonly test: ((a: unknown, b: unknown) => unknown) | undefined;
  readonly name: string;
  readonly place: number;
  readonly value: unknown;
  readonly yes: Step | undefined;
  readonly no: Step | undefined;
}

/** All steps have one shape, so that walking them is fast. */
export function step(
  run: Run,
  yes?: Step,
  no?: Step,
  test?: Step["test"],
  { name, place }: Attribute = { name: "", place: 0 },
  value?: unknown,
): Step {
  return { run, test, name, place, value, yes, no };
}

/** A compiled expression; `literal` is there when it needs no evaluation. */
export interface Expression {
  readonly run: Run;
  readonly literal?: { readonly value: unknown };
}

/** Compiles one operator; `values` are its still uncompiled arguments. */
export type Operator = (values: readonly unknown[], scope: Scope) => Run;

/** Where an expression stands. */
export interface Scope {
  readonly session: Session;
  readonly depth: number;
  readonly path: string;
  /** The expression's value is the flag's variant. */
  readonly tail: boolean;
  /** `var` reads the evaluation context and not an array's element. */
  readonly atRoot: boolean;
  readonly expanding: readonly string[];
}

/** What one compilation shares. */
export interface Session {
  readonly operators: ReadonlyMap<string, Operator>;
  readonly evaluators: Readonly<Record<string, unknown>>;
  readonly compiled: Map<string, Expression>;
  readonly problems: string[];
  readonly tracing: boolean;
  /** Attributes that have a place of their own in the source that reads them. */
  readonly names: string[];
}

// Targeting is written by people and machines, but never this deep; keeps hostile input off the stack.
const MAX_DEPTH = 128;

export function literal(value: unknown): Expression {
  return { run: () => value, literal: { value } };
}

function refuse(scope: Scope, problem: string): Expression {
  scope.session.problems.push(`${problem} at ${scope.path === "" ? "/" : scope.path}`);
  return literal(null);
}

/**
 * Compiles any JSON value: an object with exactly one key is an operation, an array is compiled
 * item by item, everything else is itself. Faults go to `session.problems`.
 */
export function compile(source: unknown, scope: Scope): Expression {
  if (!isRecord(source)) return literal(source);
  if (scope.depth > MAX_DEPTH) return refuse(scope, "nested too deeply");
  if (Array.isArray(source)) return compileArray(source, scope);
  const [operator, ...others] = Object.keys(source);
  if (operator === undefined || others.length > 0) return literal(source);
  const argument = source[operator];
  if (operator === "$ref") return compileReference(argument, scope);
  const implementation = scope.session.operators.get(operator);
  if (implementation === undefined) return refuse(scope, `unknown operator "${operator}"`);
  const values: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
  const path = `${scope.path}/${operator.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const run = implementation(values, { ...scope, path, depth: scope.depth + 1 });
  return { run: scope.session.tracing ? traced(run, operator, path) : run };
}

function traced(run: Run, operator: string, path: string): Run {
  return (data, frame) => {
    const result = run(data, frame);
    frame.trace?.push({ path, operator, result });
    return result;
  };
}

function compileArray(source: readonly unknown[], scope: Scope): Expression {
  const items = source.map((item, index) => compileArgument(item, index, scope));
  const literals = items.flatMap((item) =>
    item.literal === undefined ? [] : [item.literal.value],
  );
  if (literals.length === items.length) return literal(literals);
  return { run: (data, frame) => items.map((item) => item.run(data, frame)) };
}

function compileReference(name: unknown, scope: Scope): Expression {
  const { evaluators, compiled } = scope.session;
  if (typeof name !== "string" || !Object.hasOwn(evaluators, name)) {
    return refuse(scope, `unknown evaluator ${JSON.stringify(name)}`);
  }
  if (scope.expanding.includes(name)) return refuse(scope, `evaluator "${name}" refers to itself`);
  const key = `${scope.tail}:${scope.atRoot}:${name}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { run, ...rest } = compile(evaluators[name], {
    ...scope,
    depth: scope.depth + 1,
    expanding: [...scope.expanding, name],
  });
  // Called and never a part of the caller's decision: references to references would double it.
  const expression = { ...rest, run: (data: unknown, frame: Frame): unknown => run(data, frame) };
  compiled.set(key, expression);
  return expression;
}

/** The argument at `index` of an operator, as a value that is not the operator's own answer. */
export function compileArgument(value: unknown, index: number, scope: Scope): Expression {
  return compile(value, {
    ...scope,
    path: `${scope.path}/${index}`,
    depth: scope.depth + 1,
    tail: false,
  });
}

/** The argument at `index` whose value is the operator's own answer, as in the branches of `if`. */
export function compileBranch(value: unknown, index: number, scope: Scope): Expression {
  return compile(value, { ...scope, path: `${scope.path}/${index}`, depth: scope.depth + 1 });
}

/** The argument at `index` that is run for every element of an array. */
export function compileElement(value: unknown, index: number, scope: Scope): Expression {
  return compileArgument(value, index, { ...scope, atRoot: false });
}

export function compileArguments(values: readonly unknown[], scope: Scope): readonly Expression[] {
  return values.map((value, index) => compileArgument(value, index, scope));
}
