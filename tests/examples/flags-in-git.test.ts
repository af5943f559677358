import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { changedSet, completeConfiguration, emptySet, runFlagTests } from "@paceline/flags/domain";
import { definitionOf, FlagFileSchema } from "@paceline/flags/flag-file-api";
import { toFlagTest } from "@paceline/flags/flag-test-api";
import { Value } from "typebox/value";
import { parse } from "yaml";

const FILE = "docs/examples/flags-in-git/new-checkout.yaml";
const guide = readFileSync("docs/guides/flags-in-git.md", "utf8");
const text = readFileSync(FILE, "utf8");

test("the flag that the guide shows is the file that the tests push", () => {
  const [, shown] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  assert.equal(shown, text);
});

test("the flag of the guide does what its file expects of it", () => {
  const file = Value.Parse(FlagFileSchema, parse(text));
  const { tests = [], ...input } = file.environments?.["production"] ?? {};
  const content = {
    ...definitionOf(file),
    environment: "production",
    configuration: completeConfiguration(input, null, () => "id"),
  };
  const published = { revision: 1, digest: "", content };
  const set = changedSet(emptySet("w", "production"), 1, new Map([[file.key, published]]));
  const results = runFlagTests(set, content, tests.map(toFlagTest), Date.UTC(2026, 2, 2));
  assert.equal(results.length, 2);
  for (const { name, differences } of results) assert.deepEqual(differences, [], name);
});
