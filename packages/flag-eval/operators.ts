import {
  greater,
  isRecord,
  joinedText,
  less,
  lessOrEqual,
  looseEqual,
  same,
  text,
  toNumber,
  truthy,
} from "./coercion.ts";
import { branch, end, walk } from "./decision.ts";
import { fractional } from "./fractional.ts";
import {
  compile,
  compileArgument,
  compileArguments,
  compileBranch,
  compileElement,
  literal,
  step,
} from "./logic.ts";
import type { Frame, Operator, Run } from "./logic.ts";
import { parseVersion, relateVersions } from "./sem-ver.ts";
import { lookup, variable } from "./variable.ts";

const nothing: Run = () => undefined;

/** An operator that needs all of its arguments, however many. */
function eager(
  apply: (values: readonly unknown[], data: unknown, frame: Frame) => unknown,
): Operator {
  return (values, scope) => {
    const runs = compileArguments(values, scope).map(({ run }) => run);
    return (data, frame) =>
      apply(
        runs.map((run) => run(data, frame)),
        data,
        frame,
      );
  };
}

/** An operator of up to two arguments; an absent one is undefined. */
function binary(apply: (a: unknown, b: unknown) => unknown): Operator {
  return (values, scope) => {
    const [first, second] = compileArguments(values, scope);
    const a = first?.run ?? nothing;
    const b = second?.run ?? nothing;
    const run: Run = (data, frame) => apply(a(data, frame), b(data, frame));
    const { attribute } = a;
    if (attribute && (!second || second.literal)) {
      run.branch = (yes, no) => step(run, yes, no, apply, attribute, second?.literal?.value);
    }
    return run;
  };
}

/** Its argument's opposite: the ways of the argument's decision, exchanged. */
const not: Operator = (values, scope) => {
  const [argument = literal(undefined)] = compileArguments(values, scope);
  const run: Run = (data, frame) => !truthy(argument.run(data, frame));
  run.branch = (yes, no) => branch(argument, no, yes);
  return run;
};

/** `test(first, second) && (third === undefined || test(second, third))`. */
function between(test: (a: unknown, b: unknown) => boolean): Operator {
  const two = binary(test);
  const three = eager(([a, b, c]) => test(a, b) && (c === undefined || test(b, c)));
  return (values, scope) => (values.length > 2 ? three : two)(values, scope);
}

const choose: Operator = (values, scope) => {
  const expressions = values.map((value, index) =>
    (index % 2 === 1 || index === values.length - 1 ? compileBranch : compileArgument)(
      value,
      index,
      scope,
    ),
  );
  let step = end((values.length % 2 === 1 ? expressions.pop() : null) ?? literal(null));
  while (expressions.length > 0) {
    const then = expressions.pop();
    const condition = expressions.pop();
    if (condition && then) step = branch(condition, end(then), step);
  }
  return walk(step);
};

/** `and` stops at the first false value, `or` at the first true one; both give that value. */
function stopAt(stop: boolean): Operator {
  return (values, scope) => {
    const expressions = compileArguments(values, scope);
    const run: Run = (data, frame) => {
      let current: unknown;
      for (const expression of expressions) {
        current = expression.run(data, frame);
        if (truthy(current) === stop) return current;
      }
      return current;
    };
    if (expressions.length > 0) {
      run.branch = (yes, no) =>
        expressions.reduceRight(
          (next, each) => (stop ? branch(each, yes, next) : branch(each, next, no)),
          stop ? no : yes,
        );
    }
    return run;
  };
}

/** An operator that looks at every element of an array; what is no array counts as empty. */
function overElements(
  apply: (elements: readonly unknown[], test: (element: unknown) => unknown) => unknown,
): Operator {
  return (values, scope) => {
    const source = compileArgument(values[0], 0, scope).run;
    const { run } = compileElement(values[1], 1, scope);
    return (data, frame) => {
      const elements = source(data, frame);
      return apply(Array.isArray(elements) ? elements : [], (element) => run(element, frame));
    };
  };
}

const reduce: Operator = (values, scope) => {
  const source = compileArgument(values[0], 0, scope).run;
  const { run } = compileElement(values[1], 1, scope);
  const initial = compileArgument(values[2] ?? null, 2, scope).run;
  return (data, frame) => {
    const elements = source(data, frame);
    const start = initial(data, frame);
    if (!Array.isArray(elements)) return start;
    return elements.reduce<unknown>(
      (accumulator, current: unknown) => run({ current, accumulator }, frame),
      start,
    );
  };
};

function contains(item: unknown, container: unknown): boolean {
  // The reference finds nothing in an empty text, not even an empty text.
  if (typeof container === "string") return container !== "" && container.includes(text(item));
  // Not `includes`: what is not a number is in no list.
  return Array.isArray(container) && container.some((one: unknown) => one === item);
}

// From here on a set is faster than a walk.
const SET_SIZE = 8;

const inside: Operator = (values, scope) => {
  const list = compileArgument(values[1], 1, scope).literal?.value;
  if (!Array.isArray(list) || list.length < SET_SIZE || list.some(isRecord)) {
    return binary(contains)(values, scope);
  }
  const members = new Set<unknown>(list);
  const item = compileArgument(values[0], 0, scope).run;
  return (data, frame) => members.has(item(data, frame));
};

function missing(keys: readonly unknown[], data: unknown, frame: Frame): readonly unknown[] {
  return keys.filter((key) => {
    const value = lookup(data, key, frame);
    return value === null || value === undefined || value === "";
  });
}

function missingSome([needed, keys]: readonly unknown[], data: unknown, frame: Frame): unknown {
  const wanted: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  const absent = missing(wanted, data, frame);
  return wanted.length - absent.length >= toNumber(needed) ? [] : absent;
}

function substring([source, start, length]: readonly unknown[]): string {
  const whole = text(source);
  const from = Math.trunc(toNumber(start)) || 0;
  const rest = whole.slice(from < 0 ? Math.max(0, whole.length + from) : from);
  if (length === undefined) return rest;
  const count = toNumber(length);
  // A negative length leaves that many characters off the end.
  return rest.slice(0, Math.max(0, Math.trunc(count < 0 ? rest.length + count : count) || 0));
}

const concatenate: Operator = (values, scope) => {
  const runs = compileArguments(values, scope).map(({ run }) => run);
  const [a = nothing, b = nothing, more] = runs;
  return more === undefined
    ? (data, frame) => joinedText(a(data, frame)) + joinedText(b(data, frame))
    : (data, frame) => runs.reduce((joined, run) => joined + joinedText(run(data, frame)), "");
};

const semVer: Operator = (values, scope) => {
  const [left, relation, right] = compileArguments(values, scope);
  if (values.length !== 3 || !left || !relation || !right) return () => null;
  const known = right.literal && parseVersion(right.literal.value);
  return (data, frame) =>
    relateVersions(
      parseVersion(left.run(data, frame)),
      relation.run(data, frame),
      known === undefined ? parseVersion(right.run(data, frame)) : known,
    );
};

/** Null, and so the default, unless there are exactly two texts. */
function comparesText(test: (whole: string, part: string) => boolean): Operator {
  const compare = binary((whole, part) =>
    typeof whole === "string" && typeof part === "string" ? test(whole, part) : null,
  );
  return (values, scope) => (values.length === 2 ? compare(values, scope) : () => null);
}

/** `parseFloat(value)`, which knows no negative zero. */
const float = (value: unknown): number =>
  typeof value === "number" ? value + 0 : Number.parseFloat(text(value));

/** Every operator of JsonLogic and the four that flagd adds. `log` does not write anything. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["var", variable],
  ["missing", eager((keys, data, frame) => missing(flat(keys), data, frame))],
  ["missing_some", eager(missingSome)],
  ["if", choose],
  ["?:", choose],
  ["and", stopAt(false)],
  ["or", stopAt(true)],
  ["!", not],
  ["!!", binary(truthy)],
  ["==", binary(looseEqual)],
  ["!=", binary((a, b) => !looseEqual(a, b))],
  ["===", binary(same)],
  ["!==", binary((a, b) => a !== b)],
  ["<", between(less)],
  ["<=", between(lessOrEqual)],
  [">", binary(greater)],
  [">=", binary((a, b) => lessOrEqual(b, a))],
  ["+", eager((values) => values.reduce<number>((sum, value) => sum + float(value), 0))],
  ["-", binary((a, b) => (b === undefined ? -toNumber(a) : toNumber(a) - toNumber(b)))],
  ["*", eager((values) => (values.length === 1 ? values[0] : product(values)))],
  ["/", binary((a, b) => toNumber(a) / toNumber(b))],
  ["%", binary((a, b) => toNumber(a) % toNumber(b))],
  ["min", eager((values) => Math.min(...values.map(toNumber)))],
  ["max", eager((values) => Math.max(...values.map(toNumber)))],
  ["cat", concatenate],
  ["substr", eager(substring)],
  ["in", inside],
  ["merge", eager((values) => values.flat())],
  ["map", overElements((elements, run) => elements.map(run))],
  ["filter", overElements((elements, run) => elements.filter((item) => truthy(run(item))))],
  ["reduce", reduce],
  [
    "all",
    overElements(
      (elements, run) => elements.length > 0 && elements.every((item) => truthy(run(item))),
    ),
  ],
  ["some", overElements((elements, run) => elements.some((item) => truthy(run(item))))],
  ["none", overElements((elements, run) => !elements.some((item) => truthy(run(item))))],
  ["log", binary((a) => a)],
  ["starts_with", comparesText((whole, part) => whole.startsWith(part))],
  ["ends_with", comparesText((whole, part) => whole.endsWith(part))],
  ["sem_ver", semVer],
  ["fractional", fractional],
]);

function flat(keys: readonly unknown[]): readonly unknown[] {
  const [first] = keys;
  return Array.isArray(first) ? first : keys;
}

function product(values: readonly unknown[]): number {
  return values.reduce<number>((result, value) => float(result) * float(value), 1);
}

/** A JsonLogic rule ready to run. */
export interface CompiledLogic {
  readonly run: Run;
  readonly problems: readonly string[];
}

/** Compiles one rule; `problems` is empty unless it cannot be trusted to mean what was written. */
export function compileRule(
  rule: unknown,
  evaluators: Readonly<Record<string, unknown>> = {},
  tracing = false,
  operators: ReadonlyMap<string, Operator> = OPERATORS,
  names: string[] = [],
): CompiledLogic {
  const problems: string[] = [];
  const { run } = compile(rule, {
    session: { operators, evaluators, compiled: new Map(), problems, tracing, names },
    depth: 0,
    path: "",
    tail: true,
    atRoot: true,
    expanding: [],
  });
  return { run, problems };
}
