import assert from "node:assert/strict";
import { test } from "node:test";

import { holdersIn } from "./holders.ts";

const claim = { environment: "production", flagKey: "checkout.v2", ruleId: "half", parts: 50_000 };

test("a refusal to archive a layer names the rules that hold slots, and skips what is none", () => {
  const claims = [claim, { flagKey: "b" }, null, "c"];
  assert.deepEqual(holdersIn({ kind: "layer-in-use", extensions: { claims } }), [claim]);
});

test("any other refusal names nobody", () => {
  assert.deepEqual(holdersIn({ kind: "stale-version", extensions: { claims: [claim] } }), []);
  assert.deepEqual(holdersIn({ kind: "layer-in-use", extensions: {} }), []);
});
