import assert from "node:assert/strict";
import test from "node:test";

import type { ArtifactCheck } from "./artifacts.ts";
import { exposureHold } from "./exposure.ts";

const missing: ArtifactCheck = {
  artifact: "telemetryPlan",
  state: "missing",
  reason: "The telemetry plan names no event.",
  checked: true,
};

test("an initiative exposes nobody before it is ready, and says what is needed", () => {
  assert.deepEqual(exposureHold("CHG-7", "proposed", null, []), {
    rule: "initiative-undecided",
    detail: "CHG-7 has not been decided.",
    wayOut: "Ask for its decision and mark it ready.",
  });
  assert.equal(exposureHold("CHG-7", "draft", null, [])?.rule, "initiative-undecided");
  assert.equal(exposureHold("CHG-7", "decided", null, [])?.rule, "initiative-not-ready");
  assert.equal(exposureHold("CHG-7", "cancelled", null, [])?.rule, "initiative-closed");
  for (const state of ["ready", "in_flight", "verdict"] as const) {
    assert.equal(exposureHold("CHG-7", state, null, []), null);
  }
});

test("what is missing, stale or unproven holds a ready initiative, each by its own rule", () => {
  for (const state of ["missing", "stale", "unproven"] as const) {
    const held = exposureHold("CHG-7", "in_flight", null, [{ ...missing, state }]);
    assert.equal(held?.rule, `artifact-${state}`);
    assert.match(
      held?.detail ?? "",
      /^CHG-7: Telemetry plan\. The telemetry plan names no event\./,
    );
    assert.match(held?.wayOut ?? "", /checklist of CHG-7/);
  }
  const two = exposureHold("CHG-7", "ready", null, [missing, { ...missing, artifact: "owner" }]);
  assert.match(two?.detail ?? "", /1 more/);
});

test("a closed initiative lets through what was to be shipped, whatever has become old since", () => {
  assert.equal(exposureHold("CHG-7", "captured", "ship", [missing]), null);
  assert.equal(exposureHold("CHG-7", "captured", "rollback", [])?.rule, "initiative-closed");
});
