import assert from "node:assert/strict";
import { test } from "node:test";

import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { growthbookFeature } from "./feature.ts";
import { bucketRanges, growthbookHash } from "./hash.ts";
import { importGrowthbook } from "./import.ts";
import { growthbookOperators } from "./operators.ts";

const PAYLOAD = {
  savedGroups: { staff: ["7", "8"] },
  features: {
    banner: {
      defaultValue: "none",
      rules: [
        { condition: { id: { $inGroup: "staff" } }, force: "staff" },
        { variations: ["a", "b"], key: "banner-test", hashVersion: 2, coverage: 0.8 },
        { force: "rest", coverage: 0.5, hashVersion: 2, seed: "rest" },
      ],
    },
    child: {
      defaultValue: false,
      rules: [{ parentConditions: [{ id: "banner", condition: { value: "a" } }], force: true }],
    },
    gated: {
      defaultValue: 1,
      rules: [
        { parentConditions: [{ id: "child", condition: { value: true }, gate: true }], force: 2 },
      ],
    },
    mixed: { defaultValue: 1, rules: [{ force: "one", coverage: 0.5 }] },
    sticky: {
      defaultValue: 0,
      rules: [
        { variations: [0, 1], fallbackAttribute: "device", meta: [{ key: "0" }, { key: "1" }] },
      ],
    },
  },
};

function evaluate(key: string, context: EvaluationContext): unknown {
  const set = compileFlagSet(importGrowthbook(PAYLOAD).flags, { operators: growthbookOperators });
  assert.ok(set.ok);
  assert.deepEqual(set.value.problems, []);
  return set.value.evaluate(key, context, 0).value ?? null;
}

test("the imported flags give every unit what GrowthBook's own rules give it", () => {
  for (let index = 0; index < 120; index += 1) {
    const attributes = { id: index % 10 === 0 ? "7" : `müller-${index}` };
    for (const key of ["banner", "child", "gated"]) {
      const { result } = growthbookFeature({ ...PAYLOAD, attributes }, key);
      assert.equal(evaluate(key, attributes), result.value, `${key} of ${attributes.id}`);
    }
  }
});

test("a gate that is closed leaves the feature without a value, not with its default", () => {
  assert.equal(evaluate("gated", { id: "7" }), null);
});

test("both hashes stay in their range, and an unknown version hashes nobody", () => {
  for (const id of ["1", "user", "日本"]) {
    for (const version of [1, 2]) {
      const bucket = growthbookHash("seed", id, version);
      assert.ok(bucket !== null && bucket >= 0 && bucket < 1);
    }
  }
  assert.equal(growthbookHash("seed", "1", 3), null);
  assert.deepEqual(bucketRanges(2, 0.5, [0.2, 0.9]), [
    [0, 0.25],
    [0.5, 0.75],
  ]);
});

test("an assignment is kept under the attribute that was hashed, and comes back", () => {
  const options = { ...PAYLOAD, attributes: { device: "d1" }, stickyBucketAssignmentDocs: {} };
  const first = growthbookFeature(options, "sticky");
  const variation = first.result.experimentResult?.variationId ?? 0;
  const other = String(1 - variation);
  const [kept] = first.kept;
  assert.deepEqual(kept, {
    attributeName: "device",
    attributeValue: "d1",
    assignments: { sticky__0: String(variation) },
  });
  const docs = { "device||d1": { ...kept, assignments: { sticky__0: other } } };
  const again = growthbookFeature({ ...options, stickyBucketAssignmentDocs: docs }, "sticky");
  assert.equal(again.result.experimentResult?.key, other);
  assert.equal(again.result.experimentResult?.stickyBucketUsed, true);
  assert.deepEqual(again.kept, []);
});

test("the report names kept assignments and mixed values as lost, and the hash of each flag", () => {
  const { report, flags } = importGrowthbook(PAYLOAD);
  const carried = new Map(report.map((one) => [one.flagKey, one.carried]));
  assert.equal(carried.get("banner"), "server");
  assert.equal(carried.get("mixed"), "partial");
  assert.equal(carried.get("sticky"), "partial");
  assert.equal(flags.flags["banner"]?.metadata?.["bucketing"], "growthbook-2");
  assert.equal(flags.flags["sticky"]?.metadata?.["bucketing"], "growthbook-1");
});
