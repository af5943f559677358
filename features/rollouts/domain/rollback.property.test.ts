import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { decideRollback, TRIGGERS } from "./index.ts";
import type { Finding } from "./index.ts";

const trigger = fc.constantFrom(...TRIGGERS);
const definition = fc.record({
  mode: fc.constantFrom("automatic" as const, "ask" as const),
  triggers: fc.uniqueArray(trigger),
});
const finding: fc.Arbitrary<Finding> = fc.record({
  action: fc.constantFrom(
    "none" as const,
    "hold" as const,
    "rollback" as const,
    "invalid" as const,
  ),
  trigger: fc.option(trigger),
  reason: fc.string(),
});

test("holding or finding nothing never rolls back, whatever the definition says", () => {
  fc.assert(
    fc.property(definition, finding, (rules, found) => {
      fc.pre(found.action === "none" || found.action === "hold");
      assert.equal(decideRollback(rules, found).kind, "nothing");
    }),
  );
});

test("only an automatic definition that names the trigger executes", () => {
  fc.assert(
    fc.property(fc.option(definition), finding, (rules, found) => {
      const named = found.trigger !== null && rules?.triggers.includes(found.trigger) === true;
      const executes = decideRollback(rules, found).kind === "execute";
      assert.ok(!executes || (named && rules?.mode === "automatic"));
    }),
  );
});

test("a breach without a definition asks instead of acting", () => {
  const found: Finding = { action: "rollback", trigger: "guardrail-breach", reason: "worse" };
  assert.deepEqual(decideRollback(null, found), {
    kind: "ask",
    trigger: "guardrail-breach",
    reason: "worse",
  });
});
