import assert from "node:assert/strict";
import test from "node:test";

import { editOf, emptyForm, formOf, sentContents, withChanges } from "./form.ts";

type Before = Parameters<typeof editOf>[0];

const before: Before = {
  id: "01a20b85-04bb-7a5e-a460-8457bb93e7ff",
  key: "CHG-1",
  number: 1,
  title: "One-page checkout",
  summary: "",
  state: "decided",
  mode: "marathon",
  ownerId: null,
  riskDomains: ["billing"],
  artifacts: [],
  decidedBy: "R-02",
  status: "Decided by rule R-02",
  iteration: null,
  verdict: null,
  updatedAt: "2026-11-24T00:00:00Z",
  version: 3,
  proposal: {
    purpose: "experiment",
    riskDomains: ["billing"],
    touchesCoreSystems: false,
    durationWeeks: 9,
    expectedIterations: 1,
    plannedSprints: 1,
    eachSprintLeavesModule: null,
  },
  contents: {
    featureFlag: { flagKey: "checkout.one_page" },
    dependencyMap: { dependencies: [{ system: "Checkout", relation: "reads", contact: "ops" }] },
  },
  checks: [],
  decision: null,
  decisions: [],
  iterations: [],
  learning: null,
  createdBy: "mara",
  createdAt: "2026-11-24T00:00:00Z",
};

test("an untouched form edits nothing, so that no decision is voided by saving", () => {
  assert.deepEqual(editOf(before, formOf(before)), {});
});

test("a new title is an edit of words only", () => {
  const form = { ...formOf(before), title: "Checkout on one page" };
  assert.deepEqual(editOf(before, form), { title: "Checkout on one page" });
});

test("only the artifact that was written anew is sent", () => {
  const form = formOf(before);
  const contents = { ...form.contents, featureFlag: { flagKey: "checkout.v2" } };
  assert.deepEqual(editOf(before, { ...form, contents }), {
    artifacts: { featureFlag: { flagKey: "checkout.v2" } },
  });
});

test("rows that nobody has filled are not sent, and event names are sent once", () => {
  const contents = sentContents({
    telemetryPlan: { events: ["Order Completed", " ", "Order Completed "] },
    dependencyMap: {
      dependencies: [
        { system: "Checkout", relation: "writes", contact: "" },
        { system: " ", relation: "reads", contact: "" },
      ],
    },
    automationGoals: { goals: [{ metric: "", target: "" }] },
  });
  assert.deepEqual(contents, {
    telemetryPlan: { events: ["Order Completed"] },
    dependencyMap: { dependencies: [{ system: "Checkout", relation: "writes", contact: "" }] },
    automationGoals: { goals: [] },
  });
});

test("the changes that would make it a sprint fill the form", () => {
  const change = (fact: string, to: boolean | number | string | string[]) => ({
    fact,
    from: null,
    to,
    words: "",
  });
  const proposal = withChanges(before.proposal, [
    change("riskDomains", []),
    change("durationWeeks", 4),
    change("purpose", "content"),
    change("hasHypothesis", true),
  ]);
  assert.deepEqual(proposal, {
    ...before.proposal,
    riskDomains: [],
    durationWeeks: 4,
    purpose: "content",
  });
});

test("an empty form says nothing about risk domains, which is not the same as none", () => {
  assert.equal(emptyForm("mara").proposal.riskDomains, null);
});
