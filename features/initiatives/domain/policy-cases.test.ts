import assert from "node:assert/strict";
import { test } from "node:test";

import {
  coverage,
  DEFAULT_POLICY,
  DEFAULT_POLICY_CASES,
  compilePolicy,
  runCases,
} from "./index.ts";

function defaultTable() {
  const compiled = compilePolicy(DEFAULT_POLICY, [], "0".repeat(64));
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value.table;
}

for (const result of runCases(defaultTable(), DEFAULT_POLICY_CASES)) {
  test(`the default policy answers as its example states: ${result.name}`, () => {
    assert.ok(result.passed, JSON.stringify(result, null, 2));
  });
}

test("the default policy ships at least 40 examples with names of their own", () => {
  assert.ok(DEFAULT_POLICY_CASES.length >= 40);
  assert.equal(
    new Set(DEFAULT_POLICY_CASES.map(({ name }) => name)).size,
    DEFAULT_POLICY_CASES.length,
  );
});

test("every rule is made a hit and a miss by some example, and decides one, except the workspace's own domains", () => {
  for (const { id, hits, misses, decides } of coverage(defaultTable(), DEFAULT_POLICY_CASES)) {
    assert.ok(misses > 0, `${id} is never a miss`);
    if (id === "R-08") continue;
    assert.ok(hits > 0 && decides > 0, `${id} hits ${hits}, decides ${decides}`);
  }
});

test("a risk domain that the workspace added is decided by R-08", () => {
  const compiled = compilePolicy(
    DEFAULT_POLICY,
    [{ key: "loyalty-points", title: "loyalty points" }],
    "",
  );
  assert.ok(compiled.ok);
  const [result] = runCases(compiled.value.table, [
    {
      name: "own domain",
      facts: { riskDomains: ["loyalty-points"] },
      expect: { outcome: "marathon", decidedBy: "R-08" },
    },
  ]);
  assert.ok(result?.passed, JSON.stringify(result));
});

test("a case that states another answer fails", () => {
  const [result] = runCases(defaultTable(), [
    {
      name: "wrong",
      facts: { riskDomains: ["billing"] },
      expect: { outcome: "sprint", decidedBy: null },
    },
  ]);
  assert.equal(result?.passed, false);
});
