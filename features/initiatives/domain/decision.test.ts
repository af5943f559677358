import assert from "node:assert/strict";
import { test } from "node:test";

import {
  checkArtifacts,
  compilePolicy,
  decideInitiative,
  DEFAULT_POLICY,
  EMPTY_PROPOSAL,
  factReadings,
  SPRINT_ARTIFACTS,
} from "./index.ts";
import type { ArtifactEvidence, Proposal } from "./index.ts";

const NOW = Date.UTC(2026, 10, 24);
const DAY_MS = 86_400_000;
const OWNER = "0190f0c0-0000-7000-8000-000000000001";

const EVIDENCE: ArtifactEvidence = {
  contents: {
    hypothesis: {
      statement: "A shorter subject line lifts orders because it is read in full on phones.",
      metric: "paid_order",
      direction: "increase",
      minimumEffect: 0.02,
    },
    telemetryPlan: { events: ["Email Opened", "Order Completed"] },
    featureFlag: { flagKey: "subject-line" },
    dependencyMap: {
      dependencies: [
        { system: "Email delivery", relation: "triggers", contact: "ops@example.com" },
      ],
    },
  },
  writtenAtMs: { dependencyMap: NOW - DAY_MS },
  highRisk: false,
  ownerId: OWNER,
  ownerActive: true,
  flagExists: true,
  telemetry: [
    { event: "Email Opened", lastArrivedAtMs: NOW - DAY_MS },
    { event: "Order Completed", lastArrivedAtMs: NOW - 2 * DAY_MS },
  ],
  rollback: { defined: true, rehearsedAtMs: null },
  auditTrail: { entries: 2, automated: true },
  staffed: [],
};

const PROPOSAL: Proposal = {
  purpose: "experiment",
  riskDomains: [],
  touchesCoreSystems: false,
  durationWeeks: 2,
  expectedIterations: 1,
  plannedSprints: 1,
  eachSprintLeavesModule: null,
};

function decisionFor(proposal: Proposal, evidence: ArtifactEvidence, iterationsUsed = 0) {
  const policy = compilePolicy(DEFAULT_POLICY, [], "d".repeat(64));
  assert.ok(policy.ok);
  const checks = checkArtifacts(SPRINT_ARTIFACTS, evidence, NOW);
  const readings = factReadings(
    proposal,
    checks,
    evidence.auditTrail?.automated ?? null,
    { iterationsUsed },
    NOW,
  );
  return decideInitiative(policy.value, readings, checks, NOW);
}

const stateOf = (artifact: string, change: Partial<ArtifactEvidence>) => {
  const check = checkArtifacts(SPRINT_ARTIFACTS, { ...EVIDENCE, ...change }, NOW).find(
    (one) => one.artifact === artifact,
  );
  return `${check?.state}${check?.checked === false ? " (not checked)" : ""}`;
};

test("a small change with everything in place is a sprint, with its controls", () => {
  const decision = decisionFor(PROPOSAL, EVIDENCE);
  assert.equal(decision.outcome, "sprint");
  assert.equal(decision.mode, "sprint");
  assert.equal(decision.headline, "Run it as a sprint.");
  assert.deepEqual(decision.missingArtifacts, []);
  assert.ok(decision.requiredControls.some(({ key }) => key === "automatic-rollback"));
  assert.deepEqual(decision.sprintIf, { kind: "none-needed" });
  assert.equal(decision.policy.digest, "d".repeat(64));
});

test("a marathon names its rule, its controls and the smallest change that would make it a sprint", () => {
  const decision = decisionFor(
    { ...PROPOSAL, riskDomains: ["customer-identity", "billing"], durationWeeks: 9 },
    EVIDENCE,
  );
  assert.equal(decision.decidedBy, "R-01");
  assert.deepEqual(
    decision.rules.filter(({ truth }) => truth === "hit").map(({ id }) => id),
    ["R-01", "R-02", "R-13"],
  );
  assert.deepEqual(
    decision.requiredControls.map(({ key }) => key),
    ["staged-rollout", "automated-runbook", "compliance-evidence", "program-plan"],
  );
  assert.ok(decision.sprintIf.kind === "changes");
  assert.equal(
    decision.sprintIf.words,
    "Leave out customer identity and billing; Cut it down to 4 weeks.",
  );
});

test("a missing artifact says what the change would be once it is there", () => {
  const decision = decisionFor(PROPOSAL, {
    ...EVIDENCE,
    rollback: { defined: false, rehearsedAtMs: null },
  });
  assert.equal(decision.outcome, "not_ready");
  assert.equal(decision.mode, null);
  assert.equal(decision.whenReady, "sprint");
  assert.equal(decision.headline, "Not ready: it is a sprint once it has its rollback plan.");
  assert.ok(decision.sprintIf.kind === "changes");
  assert.equal(
    decision.sprintIf.words,
    "Define the way back and, where the risk is high, rehearse it.",
  );
});

test("an empty proposal names the first facts that are needed", () => {
  const decision = decisionFor(EMPTY_PROPOSAL, EVIDENCE);
  assert.equal(decision.outcome, "needs_information");
  assert.deepEqual(
    decision.needs.map(({ fact, why }) => [fact, why]),
    [["riskDomains", "nobody has said it"]],
  );
});

test("a third iteration makes it a marathon that nothing turns back into a sprint", () => {
  const decision = decisionFor(PROPOSAL, EVIDENCE, 3);
  assert.equal(decision.decidedBy, "R-11");
  assert.equal(decision.outcome, "marathon");
  assert.deepEqual(decision.sprintIf, {
    kind: "impossible",
    rules: ["R-11"],
    words: "This cannot be changed by a proposer: Needs more than two iterations.",
  });
});

const PLAN = {
  name: "order-completed",
  event: "Order Completed",
  published: true,
  lastPassedAtMs: NOW - DAY_MS,
  freshnessDays: 7,
};

test("an owned telemetry plan counts once its events have arrived as planned, and lately", () => {
  const telemetryOf = (plan: Partial<typeof PLAN> | { lastPassedAtMs: null }) =>
    stateOf("telemetryPlan", { ownedPlans: [{ ...PLAN, ...plan }] });
  assert.equal(telemetryOf({}), "present");
  assert.equal(telemetryOf({ published: false }), "unproven");
  assert.equal(telemetryOf({ lastPassedAtMs: null }), "unproven");
  assert.equal(telemetryOf({ lastPassedAtMs: NOW - 8 * DAY_MS }), "stale");
  const only = { contents: {}, ownedPlans: [PLAN] };
  assert.equal(stateOf("telemetryPlan", only), "present");
  assert.equal(stateOf("telemetryPlan", { ...only, ownedPlans: [] }), "missing");
  // An event of that name that breaks the plan does not stand in for one that fits it.
  const arrived = [{ event: "Order Completed", lastArrivedAtMs: NOW }];
  const broken = { ...only, telemetry: arrived, ownedPlans: [{ ...PLAN, lastPassedAtMs: null }] };
  assert.equal(stateOf("telemetryPlan", broken), "unproven");
});

test("an artifact is present only when what it claims was observed", () => {
  assert.equal(stateOf("featureFlag", { flagExists: true }), "present");
  assert.equal(stateOf("featureFlag", { flagExists: false }), "unproven");
  assert.equal(stateOf("featureFlag", { contents: {} }), "missing");
  assert.equal(stateOf("telemetryPlan", { telemetry: [] }), "unproven");
  assert.equal(
    stateOf("telemetryPlan", {
      telemetry:
        EVIDENCE.telemetry?.map((one) => ({ ...one, lastArrivedAtMs: NOW - 40 * DAY_MS })) ?? [],
    }),
    "stale",
  );
  assert.equal(
    stateOf("telemetryPlan", { contents: { telemetryPlan: { events: [] } } }),
    "missing",
  );
  assert.equal(stateOf("owner", { ownerId: null }), "missing");
  assert.equal(stateOf("owner", { ownerActive: false }), "stale");
  assert.equal(
    stateOf("hypothesis", {
      contents: {
        hypothesis: { statement: "Better", metric: "x", direction: "increase", minimumEffect: 0.1 },
      },
    }),
    "unproven",
  );
  assert.equal(
    stateOf("dependencyMap", { writtenAtMs: { dependencyMap: NOW - 200 * DAY_MS } }),
    "stale",
  );
  assert.equal(stateOf("auditTrail", { auditTrail: { entries: 0, automated: true } }), "missing");
});

test("a high-risk change needs a way back that was rehearsed within the quarter", () => {
  assert.equal(stateOf("rollbackPlan", {}), "present");
  assert.equal(stateOf("rollbackPlan", { highRisk: true }), "unproven");
  assert.equal(
    stateOf("rollbackPlan", {
      highRisk: true,
      rollback: { defined: true, rehearsedAtMs: NOW - 30 * DAY_MS },
    }),
    "present",
  );
  assert.equal(
    stateOf("rollbackPlan", {
      highRisk: true,
      rollback: { defined: true, rehearsedAtMs: NOW - 100 * DAY_MS },
    }),
    "stale",
  );
});

test("a source that cannot be asked leaves the fact unknown instead of no", () => {
  assert.equal(stateOf("featureFlag", { flagExists: null }), "unproven (not checked)");
  const decision = decisionFor(PROPOSAL, { ...EVIDENCE, flagExists: null });
  assert.equal(decision.outcome, "needs_information");
  assert.deepEqual(
    decision.needs.map(({ fact }) => fact),
    ["hasFeatureFlag"],
  );
});

test("a decision survives a round trip through JSON, so that it can be stored as it is", () => {
  const decision = decisionFor({ ...PROPOSAL, riskDomains: ["billing"] }, EVIDENCE);
  assert.deepEqual(JSON.parse(JSON.stringify(decision)), decision);
});
