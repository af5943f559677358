import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { anyData, anyRule, attribute, compareWithJsonLogic, reference, run } from "./any-rule.ts";

test("any rule over any JSON gives what json-logic-js gives, where that gives anything", () => {
  let compared = 0;
  fc.assert(
    fc.property(anyRule, anyData, (logic, data) => {
      if (compareWithJsonLogic(logic, data)) compared += 1;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(compared > 15_000, `${compared} compared`);
});

test("negative zero and what is not a number behave as in the reference", () => {
  // Found by the property above.
  for (const logic of [
    { "/": [1, { "*": [{ "-": [0] }, " 7 "] }] },
    { "/": [1, { "*": [-1, 0, 0] }] },
    { "/": [1, { "*": [-1, 0] }] },
    { in: [{ min: ["abc"] }, { merge: [{ "+": ["abc"] }] }] },
  ]) {
    assert.deepEqual(run(logic, null), reference.apply(logic, null), JSON.stringify(logic));
  }
});

const hostile = fc.oneof(
  attribute,
  fc.constantFrom<unknown>(
    { toString: 1, valueOf: 2 },
    { indexOf: 1, length: -1 },
    [{ toString: null }],
    JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`),
    JSON.parse('{"__proto__": {"x": 1}}'),
    "\ud800",
    1e308,
  ),
);

test("no attribute makes an operator throw", () => {
  fc.assert(
    fc.property(anyRule, hostile, hostile, (logic, a, b) => {
      run(logic, { a, b, list: [a, b] });
      run(
        { and: [{ starts_with: [{ var: "a" }, "x"] }, { sem_ver: [{ var: "a" }, "^", "1.0.0"] }] },
        { a },
      );
      run({ fractional: [{ var: "a" }, [{ var: "b" }, { var: "b" }], ["x", 1]] }, { a, b });
    }),
    { numRuns: 5000 },
  );
});

test("inherited properties are not attributes", () => {
  for (const name of ["constructor", "__proto__", "toString", "a.constructor.name", "a.map"]) {
    assert.equal(run({ var: name }, { a: [1] }), null, name);
  }
  assert.equal(run({ var: "a.length" }, { a: [1] }), 1);
});
