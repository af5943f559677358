import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Condition } from "../../domain/condition.ts";
import {
  asServe,
  conditionOf,
  copyOf,
  evenSplit,
  groupOf,
  moved,
  newRule,
  readList,
  readScalar,
  totalOf,
  withOperator,
  withShare,
  writeList,
  writeScalar,
} from "./edit.ts";

test("moving an item keeps all of them and the order of the others", () => {
  assert.deepEqual(moved(["a", "b", "c"], 0, 2), ["b", "c", "a"]);
  assert.deepEqual(moved(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(moved(["a", "b"], 0, 2), ["a", "b"]);
});

test("an even split adds up to one, whatever does not divide goes to the first", () => {
  assert.deepEqual(
    evenSplit(["a", "b", "c"]).map(({ share }) => share),
    [0.3334, 0.3333, 0.3333],
  );
});

test("a share is taken from the next arm first, then from the others", () => {
  const arms = evenSplit(["a", "b"]).concat({ variant: "c", share: 0 });
  assert.deepEqual(
    withShare(arms, 0, 0.6).map(({ share }) => share),
    [0.6, 0.4, 0],
  );
  assert.deepEqual(
    withShare(arms, 2, 0.7).map(({ share }) => share),
    [0.3, 0, 0.7],
  );
});

test("whatever share is set, a split keeps adding up to one and the share is kept", () => {
  const split = fc.integer({ min: 2, max: 6 }).chain((count) =>
    fc.tuple(
      fc.constant(evenSplit(Array.from({ length: count }, (_, index) => `v${index}`))),
      fc.array(fc.tuple(fc.nat(count - 1), fc.integer({ min: 0, max: 10_000 })), {
        minLength: 1,
        maxLength: 8,
      }),
    ),
  );
  fc.assert(
    fc.property(split, ([start, changes]) => {
      let arms = start;
      for (const [index, parts] of changes) {
        arms = withShare(arms, index, parts / 10_000);
        assert.equal(arms[index]?.share, parts / 10_000);
        assert.equal(totalOf(arms), 1);
        assert.ok(arms.every(({ share }) => share >= 0 && share <= 1));
      }
    }),
    { numRuns: 300 },
  );
});

test("every value is written so that the same value is read again", () => {
  assert.equal(readScalar("7"), 7);
  assert.equal(readScalar('"7"'), "7");
  assert.equal(readScalar("007"), "007");
  assert.equal(writeScalar("true"), '"true"');
  assert.deepEqual(readList("DE, AT\n7"), ["DE", "AT", 7]);
  const word = fc
    .string()
    .map((text) => text.trim())
    .filter((text) => !/[,\n"]/u.test(text) && text !== "");
  const scalar = fc.oneof(word, fc.integer(), fc.boolean());
  fc.assert(
    fc.property(fc.array(scalar), (values) => {
      assert.deepEqual(readList(writeList(values)), values);
    }),
    { numRuns: 300 },
  );
});

test("another operator reads what was typed anew", () => {
  const one = { attribute: "plan", operator: "equals", value: "pro" } as const;
  assert.deepEqual(withOperator(one, "in"), { ...one, operator: "in", value: ["pro"] });
  assert.deepEqual(withOperator(one, "present"), { attribute: "plan", operator: "present" });
  const seven = { attribute: "age", operator: "equals", value: 7 } as const;
  assert.deepEqual(withOperator(seven, "starts-with"), {
    attribute: "age",
    operator: "starts-with",
    value: "7",
  });
});

test("a group says the condition that it was read from", () => {
  const leaf: Condition = { attribute: "plan", operator: "equals", value: "pro" };
  const conditions: readonly Condition[] = [
    leaf,
    { not: leaf },
    { all: [leaf, leaf] },
    { any: [leaf] },
    { not: { any: [leaf, { all: [leaf, leaf] }] } },
  ];
  for (const condition of conditions) assert.deepEqual(conditionOf(groupOf(condition)), condition);
  assert.equal(conditionOf({ by: "all", not: false, items: [] }), null);
});

test("a new rule serves nobody, and a copy starts a life of its own", () => {
  const rule = newRule([], ["on", "off"], "off");
  assert.equal(rule.exposureShare, 0);
  assert.deepEqual(rule.serve, { variant: "on" });
  const copy = copyOf({ ...rule, salt: "s", phase: 3, experimentId: "e" }, [rule]);
  assert.equal(copy.id, "rule-2");
  assert.equal("salt" in copy, false);
  assert.equal(copy.phase, 1);
  assert.equal(copy.experimentId, null);
});

test("one variant becomes a split of all, and a split its first arm", () => {
  assert.deepEqual(asServe({ variant: "b" }, "split", ["a", "b"]), {
    split: evenSplit(["a", "b"]),
  });
  assert.deepEqual(asServe({ split: evenSplit(["b", "a"]) }, "variant", ["a", "b"]), {
    variant: "b",
  });
});
