import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { completeConfiguration } from "./complete.ts";
import { flagTestFaults, runFlagTests } from "./flag-test.ts";
import type { FlagTest, FlagTestResult, TestBucket } from "./flag-test.ts";
import type { RevisionContent } from "./flag.ts";
import { changedSet, emptySet } from "./serve.ts";

const NOW = Date.UTC(2026, 2, 2);
const ON_FIRST = [
  { variant: "on", share: 0.3 },
  { variant: "off", share: 0.7 },
];

function contentOf(exposureShare: number, unit = "targetingKey"): RevisionContent {
  const rules = [
    {
      id: "vip",
      when: { attribute: "plan", operator: "equals", value: "vip" } as const,
      serve: { variant: "on" },
    },
    { id: "ramp", serve: { split: ON_FIRST }, exposureShare, unit, salt: "s" },
  ];
  return {
    key: "f",
    type: "boolean",
    kind: "release",
    initiativeId: null,
    variants: { on: true, off: false },
    environment: "production",
    configuration: completeConfiguration({ defaultVariant: "off", rules }, null, () => "id"),
  };
}

function run(content: RevisionContent, parts: Partial<FlagTest>): FlagTestResult {
  const set = changedSet(
    emptySet("w", "production"),
    1,
    new Map([["f", { revision: 1, digest: "", content }]]),
  );
  const one = {
    name: "t",
    context: {},
    at: null,
    bucket: null,
    expect: { rule: "ramp" },
    ...parts,
  };
  const [result] = runFlagTests(set, content, [one], NOW);
  assert.ok(result !== undefined);
  return result;
}

test("a unit at a place of the exposure is let in exactly when the exposure has reached it", () => {
  const percent = fc.integer({ min: 0, max: 99 });
  fc.assert(
    fc.property(
      percent,
      percent,
      fc.constantFrom("targetingKey", "company.id"),
      (place, open, unit) => {
        const bucket = { rule: null, exposure: place, split: null };
        const { got, madeUpUnit } = run(contentOf(open / 100, unit), { bucket });
        assert.match(madeUpUnit ?? "", /^test-unit-/);
        assert.equal(got.rule, place < open ? "ramp" : null);
      },
    ),
    { numRuns: 60 },
  );
});

test("a unit at a place of the split gets the arm that lies there, also where both places are named", () => {
  const bucket = (exposure: number, split: number): TestBucket => ({
    rule: "ramp",
    exposure,
    split,
  });
  assert.equal(run(contentOf(0.5), { bucket: bucket(10, 29) }).got.variant, "on");
  assert.equal(run(contentOf(0.5), { bucket: bucket(10, 30) }).got.variant, "off");
  assert.equal(run(contentOf(0.5), { bucket: bucket(50, 29) }).got.rule, null);
});

test("a failing expectation says what was expected and what came instead", () => {
  const expect = { variant: "off", value: false, rule: null };
  const result = run(contentOf(1), { context: { targetingKey: "u", plan: "vip" }, expect });
  assert.equal(result.passed, false);
  assert.deepEqual(result.differences, [
    "expected variant `off`, got `on`",
    "expected value false, got true",
    "expected no rule to serve, but rule vip did",
  ]);
});

test("a bucket of a rule that has none is a failure that says so", () => {
  const none = run(contentOf(1), { bucket: { rule: "none", exposure: 1, split: null } });
  assert.match(none.differences[0] ?? "", /there is no rule "none"/);
});

test("what cannot be an expectation is refused with its place", () => {
  const one = { name: "t", context: {}, at: null, bucket: null, expect: {} };
  const tests = [one, { ...one, at: "yesterday", expect: { variant: "blue" } }];
  assert.deepEqual(
    flagTestFaults({ on: true }, tests).map(({ pointer }) => pointer),
    ["/0/expect", "/1/name", "/1/at", "/1/expect/variant"],
  );
});
