import {
  isRecord,
  joinedText,
  less,
  lessOrEqual,
  looseEqual,
  text,
  toNumber,
  truthy,
} from "./coercion.ts";
import { fractional } from "./fractional.ts";
import {
  compile,
  compileArgument,
  compileArguments,
  compileBranch,
  compileElement,
} from "./logic.ts";
import type { Frame, Operator, Run } from "./logic.ts";
import { parseVersion, relate, relateVersions, relationOf } from "./sem-ver.ts";
import { attributeOf, attributes, lookup, variable } from "./variable.ts";

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
    const [a = nothing, b = nothing] = compileArguments(values, scope).map(({ run }) => run);
    return (data, frame) => apply(a(data, frame), b(data, frame));
  };
}

/** As `binary`, faster for an attribute and a literal: most of what flags compare. */
function comparison(apply: (a: unknown, b: unknown) => boolean): Operator {
  const general = binary(apply);
  return (values, scope) => {
    const [first, second, third] = compileArguments(values, scope);
    const name = first && attributes.get(first.run);
    if (name === undefined || second?.literal === undefined || third !== undefined) {
      return general(values, scope);
    }
    const { value } = second.literal;
    return (data) => apply(attributeOf(data, name), value);
  };
}

/** An operator of up to three arguments; an absent one is undefined. */
function ternary(apply: (a: unknown, b: unknown, c: unknown) => unknown): Operator {
  return (values, scope) => {
    const [a = nothing, b = nothing, c = nothing] = compileArguments(values, scope).map(
      ({ run }) => run,
    );
    return (data, frame) => apply(a(data, frame), b(data, frame), c(data, frame));
  };
}

/** `test(first, second) && (third === undefined || test(second, third))`. */
function between(test: (a: unknown, b: unknown) => boolean): Operator {
  const two = comparison(test);
  const three = ternary((a, b, c) => test(a, b) && (c === undefined || test(b, c)));
  return (values, scope) => (values.length > 2 ? three : two)(values, scope);
}

const choose: Operator = (values, scope) => {
  const conditions: Run[] = [];
  const answers: Run[] = [];
  let index = 0;
  for (; index < values.length - 1; index += 2) {
    conditions.push(compileArgument(values[index], index, scope).run);
    answers.push(compileBranch(values[index + 1], index + 1, scope).run);
  }
  answers.push(index < values.length ? compileBranch(values[index], index, scope).run : () => null);
  const [condition, other] = conditions;
  const [then = nothing, otherwise = nothing] = answers;
  if (condition !== undefined && other === undefined) {
    return (data, frame) => (truthy(condition(data, frame)) ? then : otherwise)(data, frame);
  }
  return (data, frame) => {
    let chosen = 0;
    for (; chosen < conditions.length; chosen += 1) {
      if (truthy(conditions[chosen]?.(data, frame))) break;
    }
    return answers[chosen]?.(data, frame);
  };
};

/** `and` stops at the first false value, `or` at the first true one; both give that value. */
function stopAt(stop: boolean): Operator {
  return (values, scope) => {
    const runs = compileArguments(values, scope).map(({ run }) => run);
    const [first = nothing, second = nothing] = runs;
    if (runs.length === 2) {
      return (data, frame) => {
        const current = first(data, frame);
        return truthy(current) === stop ? current : second(data, frame);
      };
    }
    return (data, frame) => {
      let current: unknown;
      for (let index = 0; index < runs.length; index += 1) {
        current = runs[index]?.(data, frame);
        if (truthy(current) === stop) return current;
      }
      return current;
    };
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
  const list = values.length > 1 ? compileArgument(values[1], 1, scope).literal?.value : undefined;
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

function substring(source: unknown, start: unknown, length: unknown): string {
  const whole = text(source);
  const from = Math.trunc(toNumber(start)) || 0;
  const rest = whole.slice(from < 0 ? Math.max(0, whole.length + from) : from);
  if (length === undefined) return rest;
  const count = toNumber(length);
  // A negative length leaves that many characters off the end.
  return rest.slice(0, Math.max(0, Math.trunc(count < 0 ? rest.length + count : count) || 0));
}

const concatenate: Operator = (values, scope) => {
  const [a = nothing, b = nothing, ...others] = compileArguments(values, scope).map(
    ({ run }) => run,
  );
  if (others.length === 0) {
    return (data, frame) => joinedText(a(data, frame)) + joinedText(b(data, frame));
  }
  return (data, frame) => {
    let joined = joinedText(a(data, frame)) + joinedText(b(data, frame));
    for (const run of others) joined += joinedText(run(data, frame));
    return joined;
  };
};

const semVer: Operator = (values, scope) => {
  const [left, relation, right] = compileArguments(values, scope);
  if (values.length !== 3 || !left || !relation || !right) return () => null;
  if (right.literal === undefined || relation.literal === undefined) {
    return (data, frame) =>
      relateVersions(
        parseVersion(left.run(data, frame)),
        relation.run(data, frame),
        parseVersion(right.run(data, frame)),
      );
  }
  const version = parseVersion(right.literal.value);
  const holds = relationOf(relation.literal.value);
  return (data, frame) => relate(parseVersion(left.run(data, frame)), holds, version);
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
  ["!", binary((a) => !truthy(a))],
  ["!!", binary(truthy)],
  ["==", comparison(looseEqual)],
  ["!=", comparison((a, b) => !looseEqual(a, b))],
  ["===", comparison((a, b) => a === b)],
  ["!==", comparison((a, b) => a !== b)],
  ["<", between(less)],
  ["<=", between(lessOrEqual)],
  [">", comparison((a, b) => less(b, a))],
  [">=", comparison((a, b) => lessOrEqual(b, a))],
  ["+", eager((values) => values.reduce<number>((sum, value) => sum + float(value), 0))],
  ["-", binary((a, b) => (b === undefined ? -toNumber(a) : toNumber(a) - toNumber(b)))],
  ["*", eager((values) => (values.length === 1 ? values[0] : product(values)))],
  ["/", binary((a, b) => toNumber(a) / toNumber(b))],
  ["%", binary((a, b) => toNumber(a) % toNumber(b))],
  ["min", eager((values) => Math.min(...values.map(toNumber)))],
  ["max", eager((values) => Math.max(...values.map(toNumber)))],
  ["cat", concatenate],
  ["substr", ternary(substring)],
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
): CompiledLogic {
  const problems: string[] = [];
  const { run } = compile(rule, {
    session: { operators, evaluators, compiled: new Map(), problems, tracing },
    depth: 0,
    path: "",
    tail: true,
    atRoot: true,
    expanding: [],
  });
  return { run, problems };
}
