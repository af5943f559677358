import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { parse } from "yaml";

import { DEFAULT_POLICY, DEFAULT_POLICY_CASES } from "./index.ts";

function readExample(name: string): unknown {
  const file = new URL(`../../../docs/examples/policy/${name}`, import.meta.url);
  return parse(readFileSync(file, "utf8"));
}

test("the YAML form of the default policy and its examples is up to date", () => {
  assert.deepEqual(readExample("default-policy.yaml"), JSON.parse(JSON.stringify(DEFAULT_POLICY)));
  const cases = JSON.parse(JSON.stringify(DEFAULT_POLICY_CASES));
  assert.deepEqual(readExample("default-policy.cases.yaml"), cases);
});
