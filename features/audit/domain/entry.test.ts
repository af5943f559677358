import assert from "node:assert/strict";
import { test } from "node:test";

import { isActionName, isKindName } from "./entry.ts";

test("an action is a noun and a verb in lower case, with further nouns between them", () => {
  for (const action of ["initiative.propose", "flag.rule.publish", "api-key.create", "slo2.set"])
    assert.ok(isActionName(action), action);
  for (const action of ["propose", "Initiative.propose", "initiative.", ".x", "a..b", "a.b c", ""])
    assert.ok(!isActionName(action), action);
  assert.ok(!isActionName(`a.${"b".repeat(100)}`));
});

test("a kind is one lower-case noun", () => {
  assert.ok(isKindName("initiative") && isKindName("api-key"));
  for (const kind of ["", "Initiative", "a.b", "1st", "a b"]) assert.ok(!isKindName(kind), kind);
});
