import assert from "node:assert/strict";
import { test } from "node:test";

import { openTimebox, readTimebox, statusWords } from "./index.ts";
import type { StatusInput } from "./index.ts";

const BASE: StatusInput = {
  state: "proposed",
  mode: null,
  missing: [],
  decision: null,
  iteration: null,
  verdict: null,
};
const missing = (artifact: "rollbackPlan" | "telemetryPlan") =>
  ({ artifact, state: "missing", reason: "", checked: true }) as const;

test("a proposal says what is missing, or that it can be decided", () => {
  assert.equal(statusWords(BASE), "Ready to decide");
  assert.equal(
    statusWords({ ...BASE, missing: [missing("rollbackPlan"), missing("telemetryPlan")] }),
    "Rollback plan and telemetry plan missing",
  );
  const needs = {
    outcome: "needs_information",
    decidedBy: "R-13",
    headline: "",
    needs: ["how many weeks it takes"],
  } as const;
  assert.equal(statusWords({ ...BASE, decision: needs }), "To be said: how many weeks it takes");
});

test("an initiative in flight shows its clock and asks for a verdict when it has expired", () => {
  const timebox = openTimebox(0, 1, "o");
  assert.ok(timebox.ok);
  const at = (days: number) =>
    statusWords({
      ...BASE,
      state: "in_flight",
      iteration: { number: 2, clock: readTimebox(timebox.value, days * 86_400_000) },
    });
  assert.equal(at(1), "Iteration 2, 6 days left");
  assert.equal(at(9), "The timebox ended 2 days ago; give its verdict");
});

test("a decision by default says that no rule spoke against it", () => {
  const decision = { outcome: "sprint", decidedBy: null, headline: "", needs: [] } as const;
  assert.equal(
    statusWords({ ...BASE, state: "decided", decision }),
    "Decided: every rule is a miss",
  );
  assert.equal(
    statusWords({ ...BASE, state: "decided", decision: { ...decision, decidedBy: "R-03" } }),
    "Decided by rule R-03",
  );
});
