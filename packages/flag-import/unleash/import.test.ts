import assert from "node:assert/strict";
import { test } from "node:test";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { murmurOfUnits } from "../murmur-units.ts";
import { importUnleash, variantFlagKey } from "./import.ts";
import { unleashOperators } from "./operators.ts";

const rollout = (rollout: string, more = {}) => ({
  name: "flexibleRollout",
  parameters: { rollout, stickiness: "userId", groupId: "checkout", ...more },
});

const STATE = {
  segments: [{ id: 7, constraints: [{ contextName: "plan", operator: "IN", values: ["pro"] }] }],
  features: [
    { name: "open", enabled: true, strategies: [] },
    { name: "closed", enabled: false, strategies: [{ name: "default" }] },
    { name: "half", enabled: true, strategies: [rollout("50")] },
    { name: "pro", enabled: true, strategies: [{ name: "default", segments: [7] }] },
    { name: "lost", enabled: true, strategies: [{ name: "default", segments: [8] }] },
    { name: "custom", enabled: true, strategies: [{ name: "ourOwn" }] },
    {
      name: "child",
      enabled: true,
      strategies: [{ name: "default" }],
      dependencies: [{ feature: "arms", variants: ["a"] }],
    },
    {
      name: "arms",
      enabled: true,
      strategies: [
        {
          ...rollout("100"),
          variants: [
            { name: "a", weight: 1 },
            { name: "b", weight: 1 },
          ],
        },
      ],
    },
  ],
};

function evaluate(key: string, context: EvaluationContext): unknown {
  const compiled = compileFlagSet(importUnleash(STATE).flags, { operators: unleashOperators });
  assert.ok(compiled.ok);
  assert.deepEqual(compiled.value.problems, []);
  return compiled.value.evaluate(key, context, 0).value;
}

test("the hash is that of Unleash's JavaScript clients, non-ASCII ids included", () => {
  // From murmurhash3js 3.0.1.
  assert.equal(murmurOfUnits("checkout:user-1", 0), 3_498_952_333);
  assert.equal(murmurOfUnits("checkout:müller", 0), 3_749_479_767);
  assert.equal(murmurOfUnits("checkout:日本", 86_028_157), 3_237_885_179);
});

test("a rollout of half keeps about half of the users, and the same ones", () => {
  const ids = Array.from({ length: 400 }, (_, index) => `user-${index}`);
  const inside = ids.filter((userId) => evaluate("half", { userId }) === true);
  assert.ok(inside.length > 160 && inside.length < 240, `${inside.length}`);
  assert.equal(evaluate("half", { userId: inside[0] }), true);
  assert.equal(evaluate("half", {}), false);
});

test("a segment of the file decides, one that is not there refuses", () => {
  assert.equal(evaluate("pro", { properties: { plan: "pro" } }), true);
  assert.equal(evaluate("pro", { plan: "free" }), false);
  assert.equal(evaluate("lost", { plan: "pro" }), false);
});

test("a child follows the variant of its parent", () => {
  for (let index = 0; index < 20; index += 1) {
    const context = { userId: `user-${index}` };
    const parent = evaluate(variantFlagKey("arms"), context);
    const isA =
      typeof parent === "object" && parent !== null && "name" in parent && parent.name === "a";
    assert.equal(evaluate("child", context), isA);
  }
});

test("the report tells what any client can evaluate, what only this server can, and what is lost", () => {
  const report = new Map(importUnleash(STATE).report.map((one) => [one.flagKey, one]));
  assert.equal(report.get("open")?.carried, "portable");
  assert.equal(report.get("pro")?.carried, "portable");
  assert.deepEqual(report.get("half"), {
    flagKey: "half",
    carried: "server",
    extensions: ["unleash.rollout"],
    missing: [],
  });
  assert.deepEqual(report.get("child")?.extensions, ["unleash.rollout", "unleash.variant"]);
  assert.equal(report.get("custom")?.carried, "partial");
  assert.match(report.get("custom")?.missing.join() ?? "", /ourOwn/);
});

test("what is no state of Unleash gives no flag", () => {
  for (const document of [null, 3, "x", [], {}, { features: 1 }, { features: [null, 1, {}] }]) {
    assert.deepEqual(importUnleash(document).report, []);
  }
});
