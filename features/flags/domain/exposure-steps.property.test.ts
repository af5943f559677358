import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { exposureSteps } from "./exposure-steps.ts";
import type { RulesInForce } from "./exposure-steps.ts";

function rule(exposureShare: number, more: Partial<RulesInForce[number]> = {}) {
  return { id: "new", salt: "s", phase: 1, experimentId: null, exposureShare, ...more };
}

const share = fc.integer({ min: 0, max: 20 }).map((twentieth) => twentieth / 20);
const rules = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("a", "b"),
    salt: fc.constantFrom("s", "s", "s", "t"),
    phase: fc.constant(1),
    experimentId: fc.constant(null),
    exposureShare: share,
  }),
  { selector: ({ id }) => id },
);

test("the steps begin with what is in force and only ever fall, to shares that were in force", () => {
  fc.assert(
    fc.property(fc.array(rules, { maxLength: 12 }), (history) => {
      const steps = exposureSteps(history);
      if (steps === null) return;
      const present = history[0]?.find(({ id }) => id === steps.ruleId);
      assert.equal(steps.shares[0], present?.exposureShare);
      for (const [index, one] of steps.shares.entries()) {
        assert.ok(one > 0 && (index === 0 || one < (steps.shares[index - 1] ?? 0)));
        assert.ok(history.some((was) => was.some((old) => old.exposureShare === one)));
      }
    }),
  );
});

test("those who came last leave first: the shares before, without the ways back in between", () => {
  const history = [0.5, 0.2, 0.4, 0.1, 0].map((exposureShare) => [rule(exposureShare)]);
  assert.deepEqual(exposureSteps(history)?.shares, [0.5, 0.2, 0.1]);
});

test("the steps are those of the rule that was raised last", () => {
  const history = [
    [rule(1, { id: "old" }), rule(0.3)],
    [rule(1, { id: "old" }), rule(0.1)],
    [rule(0.5, { id: "old" }), rule(0.1)],
    [],
  ];
  assert.deepEqual(exposureSteps(history), {
    ruleId: "new",
    experimentId: null,
    shares: [0.3, 0.1],
  });
});

test("a share of another salt reached other people and is no step; a rule that never grew has none", () => {
  assert.deepEqual(
    exposureSteps([[rule(0.5)], [rule(0.3)], [rule(0.1, { salt: "t" })]])?.shares,
    [0.5, 0.3],
  );
  assert.equal(exposureSteps([[rule(0.2)], [rule(0.5)]]), null);
  assert.equal(exposureSteps([]), null);
});
