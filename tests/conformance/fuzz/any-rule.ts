import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";

import { compileRule } from "@paceline/flag-eval";
import fc from "fast-check";

export const reference: { apply(rule: unknown, data: unknown): unknown } = createRequire(
  import.meta.url,
)("json-logic-js");

export function run(rule: unknown, data: unknown): unknown {
  const compiled = compileRule(rule);
  assert.deepEqual(compiled.problems, []);
  return compiled.run(data, { root: data, flagKey: "f", nowMs: 0, split: false, trace: null });
}

/** What JSON can tell apart: undefined is null, -0 is 0. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "number") return value === 0 ? 0 : value;
  return Array.isArray(value) ? value.map(plain) : value;
}

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, "", "a", "abc", "1", "1.5", "-3", "x,y", " 7 "),
  fc.integer({ min: -20, max: 20 }),
  fc.double({ min: -5, max: 5, noNaN: true }),
);
export const attribute = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.record({ x: scalar, y: fc.array(scalar, { maxLength: 3 }) }),
);
export const anyData = fc.record({
  a: attribute,
  b: attribute,
  c: scalar,
  list: fc.array(attribute),
});

export const { rule: anyRule } = fc.letrec<{ rule: unknown }>((tie) => {
  const inner = tie("rule");
  const operation = (
    operator: string,
    least: number,
    most: number,
    argument: fc.Arbitrary<unknown> = inner,
  ): fc.Arbitrary<unknown> =>
    fc
      .array(argument, { minLength: least, maxLength: most })
      .map((values) => ({ [operator]: values }));
  const path = fc.constantFrom(
    "a",
    "b",
    "c",
    "list",
    "a.x",
    "a.y.0",
    "list.1",
    "a.x.length",
    "no",
    "",
  );
  const over = (operator: string): fc.Arbitrary<unknown> =>
    fc.tuple(inner, inner).map((values) => ({ [operator]: values }));
  return {
    rule: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      path.map((name) => ({ var: name })),
      fc.tuple(path, scalar).map((values) => ({ var: values })),
      ...["==", "!=", "===", "!==", ">", ">=", "%", "/", "in"].map((name) => operation(name, 2, 2)),
      ...["<", "<="].map((name) => operation(name, 2, 3)),
      operation("substr", 2, 2),
      // A length that is no number is joined to the text's length as text by the reference.
      fc.tuple(inner, inner, fc.integer({ min: -5, max: 5 })).map((values) => ({ substr: values })),
      ...["!", "!!"].map((name) => operation(name, 1, 1)),
      ...["if", "?:", "and", "or", "+", "min", "max", "merge", "cat"].map((name) =>
        operation(name, 0, 5),
      ),
      operation("*", 1, 3),
      operation("-", 1, 2),
      operation("missing", 0, 3, path),
      fc
        .tuple(fc.nat(3), fc.array(path, { maxLength: 3 }))
        .map((values) => ({ missing_some: values })),
      ...["map", "filter", "all", "some", "none"].map(over),
      fc.tuple(inner, inner, scalar).map((values) => ({ reduce: values })),
    ),
  };
});

/**
 * Whether a rule gives what json-logic-js gives; what JSON cannot tell apart is equal.
 *
 * @returns false if the reference gives nothing to compare with: it throws, where ours must not
 * @throws AssertionError if the two differ
 */
export function compareWithJsonLogic(logic: unknown, data: unknown): boolean {
  const actual = run(logic, data);
  let expected: unknown;
  try {
    expected = reference.apply(logic, data);
  } catch {
    return false;
  }
  if (expected !== null && typeof expected === "function") return false;
  assert.ok(
    isDeepStrictEqual(plain(actual), plain(expected)),
    `${JSON.stringify(plain(actual))} instead of ${JSON.stringify(plain(expected))}`,
  );
  return true;
}
