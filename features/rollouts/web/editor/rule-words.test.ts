import assert from "node:assert/strict";
import { test } from "node:test";

import { ruleWords } from "./rule-words.ts";

const rule = { id: "everybody", description: "", serve: { variant: "on" }, exposureShare: 0 };

test("a description that is a sentence goes on without its full stop", () => {
  const description = "Everybody, as far as the rollout has come.";
  assert.equal(
    ruleWords({ ...rule, description }),
    "everybody: Everybody, as far as the rollout has come, now 0%",
  );
});

test("a rule without a description says what it serves", () => {
  assert.equal(ruleWords(rule), "everybody: serves on, now 0%");
});
