import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { readPath } from "./context.ts";
import { percentageOf } from "./hash.ts";
import { flagsmithEvaluation, importFlagsmith } from "./import.ts";
import { flagsmithOperators } from "./operators.ts";

const DOCUMENT = {
  environment: { key: "env", name: "Production" },
  features: {
    banner: {
      key: "1",
      name: "banner",
      enabled: true,
      value: "plain",
      variants: [
        { key: "b", value: "B", weight: 40, priority: 2 },
        { key: "a", value: "A", weight: 40, priority: 1 },
      ],
    },
  },
  segments: {
    adults: {
      key: "10",
      name: "adults",
      rules: [
        {
          type: "ALL",
          rules: [
            {
              type: "ANY",
              conditions: [
                { property: "age", operator: "GREATER_THAN_INCLUSIVE", value: "18" },
                { property: "version", operator: "GREATER_THAN", value: "2.0.0:semver" },
              ],
            },
          ],
        },
      ],
      overrides: [{ key: "2", name: "banner", enabled: false, value: "adult" }],
    },
  },
};

function evaluate(context: EvaluationContext): unknown {
  const set = compileFlagSet(importFlagsmith(DOCUMENT).flags, { operators: flagsmithOperators });
  assert.ok(set.ok);
  assert.deepEqual(set.value.problems, []);
  return set.value.evaluate("banner", context, 0).value;
}

test("the percentage is that of Flagsmith's engines", () => {
  for (const id of ["user", "müller"]) {
    const digits = createHash("md5").update(`1,${id}`).digest("hex");
    assert.equal(percentageOf(["1", id]), (Number(BigInt(`0x${digits}`) % 9_999n) / 9_998) * 100);
  }
});

test("the imported flag gives every identity what Flagsmith's engine gives it", () => {
  const seen = new Set<unknown>();
  for (let index = 0; index < 120; index += 1) {
    const context = { targetingKey: `user-${index}`, age: index };
    const told = flagsmithEvaluation(DOCUMENT, context).flags["banner"];
    const { name: _name, ...result } = told ?? { name: "" };
    assert.deepEqual(evaluate(context), result);
    seen.add(told?.value);
  }
  assert.deepEqual(seen, new Set(["plain", "A", "B", "adult"]));
});

test("a trait that is no number leaves the segment, and nothing throws", () => {
  const { segments } = flagsmithEvaluation(DOCUMENT, { targetingKey: "u", age: { a: 1 } });
  assert.deepEqual(segments, []);
  const newer = flagsmithEvaluation(DOCUMENT, { targetingKey: "u", version: "2.0.1" });
  assert.deepEqual(newer.segments, [{ name: "adults" }]);
});

test("paths into the context may quote their names", () => {
  assert.deepEqual(readPath("$.identity.traits['a.b'][\"c\"]"), ["identity", "traits", "a.b", "c"]);
  for (const wrong of ["identity", "$", "$.", "$..a"]) {
    assert.equal(readPath(wrong), null, wrong);
  }
});
