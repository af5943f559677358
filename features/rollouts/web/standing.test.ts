import assert from "node:assert/strict";
import { test } from "node:test";

import { standsFor } from "./standing.ts";

const present = { title: "Owner", state: "present", reason: "Mara owns it." };
const stale = { title: "Telemetry plan", state: "stale", reason: "No event for 30 days." };

test("an initiative that is ready and has everything lets a rollout go on", () => {
  const standing = standsFor({ state: "ready", checks: [present] }, "production");
  assert.deepEqual([standing.allows, standing.wayOut], [true, null]);
});

test("what is missing is named, with how many more and the way out", () => {
  const checks = [present, stale, { ...stale, title: "Rollback plan" }];
  const standing = standsFor({ state: "in_flight", checks }, "production");
  assert.equal(standing.allows, false);
  assert.match(standing.words, /^Telemetry plan: No event for 30 days\. 1 more/u);
  assert.match(standing.wayOut ?? "", /checklist/u);
});

test("before it is decided and marked ready nobody is exposed, except where teams rehearse", () => {
  for (const state of ["draft", "proposed", "decided", "cancelled"]) {
    assert.equal(standsFor({ state, checks: [present] }, "production").allows, false, state);
    assert.equal(standsFor({ state, checks: [present] }, "staging").allows, true, state);
  }
});
