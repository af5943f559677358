import type { FactValue } from "@paceline/decision-table";

import type { PolicyCase } from "./policy-cases.ts";

type Facts = Readonly<Record<string, FactValue | null>>;

/** A change that is a sprint; every case states only how it differs. */
const SPRINT: Facts = {
  riskDomains: [],
  touchesCoreSystems: false,
  purpose: "experiment",
  durationWeeks: 2,
  expectedIterations: 1,
  plannedSprints: 1,
  eachSprintLeavesModule: false,
  hasHypothesis: true,
  hasTelemetryPlan: true,
  hasRollbackPlan: true,
  hasOwner: true,
  hasFeatureFlag: true,
  hasDependencyMap: true,
  hasAuditTrail: true,
  automatedAuditEvidence: true,
  iterationsUsed: 0,
};

/** Platform work in three sprints of three weeks, each leaving a module. */
const CHAIN: Facts = {
  purpose: "platform_work",
  plannedSprints: 3,
  eachSprintLeavesModule: true,
  durationWeeks: 9,
};

function sprint(name: string, facts: Facts = {}): PolicyCase {
  return { name, facts: { ...SPRINT, ...facts }, expect: { outcome: "sprint", decidedBy: null } };
}

function marathon(name: string, decidedBy: string, facts: Facts): PolicyCase {
  return { name, facts: { ...SPRINT, ...facts }, expect: { outcome: "marathon", decidedBy } };
}

function hybrid(name: string, facts: Facts): PolicyCase {
  return {
    name,
    facts: { ...SPRINT, ...CHAIN, ...facts },
    expect: { outcome: "hybrid", decidedBy: "R-12" },
  };
}

function notReady(name: string, decidedBy: string, facts: Facts): PolicyCase {
  return { name, facts: { ...SPRINT, ...facts }, expect: { outcome: "not_ready", decidedBy } };
}

function unknown(
  name: string,
  decidedBy: string | null,
  needs: readonly string[],
  facts: Facts,
): PolicyCase {
  return {
    name,
    facts: { ...SPRINT, ...facts },
    expect: { outcome: "needs_information", decidedBy, needs },
  };
}

/** The examples that are shipped with the default policy; `policy-cases.test.ts` runs them. */
export const DEFAULT_POLICY_CASES: readonly PolicyCase[] = [
  sprint("a two-week subject-line test with everything in place"),
  sprint("exactly four weeks is still a sprint", { durationWeeks: 4 }),
  sprint("one week of a content change", { purpose: "content", durationWeeks: 1 }),
  sprint("two expected iterations are allowed", { expectedIterations: 2 }),
  sprint("the second iteration is allowed", { iterationsUsed: 2, expectedIterations: 2 }),
  sprint("a core system with every artifact present", { touchesCoreSystems: true }),
  sprint("an optimization of a landing page", { purpose: "optimization", durationWeeks: 3 }),
  sprint("platform work in one small sprint", { purpose: "platform_work", durationWeeks: 3 }),
  sprint("short platform work in sprints that leave no module", {
    ...CHAIN,
    eachSprintLeavesModule: false,
    durationWeeks: 3,
  }),

  marathon("merging loyalty and CRM profiles touches customer identity", "R-01", {
    riskDomains: ["customer-identity"],
  }),
  marathon("a new invoice layout touches billing", "R-02", { riskDomains: ["billing"] }),
  marathon("an opt-in at order confirmation touches consent", "R-03", { riskDomains: ["consent"] }),
  marathon("a new column in the event table changes the shared schema", "R-04", {
    riskDomains: ["shared-schema"],
  }),
  marathon("a new token issuer touches identity infrastructure", "R-05", {
    riskDomains: ["identity-infrastructure"],
  }),
  marathon("a journey over CDP, mail and ads is cross-system orchestration", "R-06", {
    riskDomains: ["cross-system-orchestration"],
  }),
  marathon("a new sending domain touches email sender reputation", "R-07", {
    riskDomains: ["email-sender-reputation"],
  }),
  marathon("two risk domains are decided by the first rule", "R-01", {
    riskDomains: ["billing", "customer-identity"],
  }),
  marathon("a risk domain outweighs a tiny size", "R-03", {
    riskDomains: ["consent"],
    durationWeeks: 1,
    purpose: "content",
  }),
  marathon("a risk domain needs no other fact to be a marathon", "R-02", {
    riskDomains: ["billing"],
    durationWeeks: null,
    touchesCoreSystems: null,
    hasHypothesis: null,
  }),
  marathon("a risk domain outweighs a chain of sprints", "R-04", {
    ...CHAIN,
    riskDomains: ["shared-schema"],
  }),
  marathon("security hardening is a tactical marathon", "R-09", { purpose: "security_hardening" }),
  marathon("identity resolution is a tactical marathon", "R-09", {
    purpose: "identity_resolution",
  }),
  marathon("enterprise automation is a tactical marathon", "R-09", {
    purpose: "enterprise_automation",
  }),
  marathon("a core system without a hypothesis", "R-10", {
    touchesCoreSystems: true,
    hasHypothesis: false,
  }),
  marathon("a core system without a telemetry plan", "R-10", {
    touchesCoreSystems: true,
    hasTelemetryPlan: false,
  }),
  marathon("a core system without a way back", "R-10", {
    touchesCoreSystems: true,
    hasRollbackPlan: false,
  }),
  marathon("a core system without a dependency map", "R-10", {
    touchesCoreSystems: true,
    hasDependencyMap: false,
  }),
  marathon("a core system with one artifact missing and another unknown", "R-10", {
    touchesCoreSystems: true,
    hasOwner: false,
    hasFeatureFlag: null,
  }),
  marathon("three expected iterations", "R-11", { expectedIterations: 3 }),
  marathon("a third iteration is asked for", "R-11", { iterationsUsed: 3 }),
  marathon("a chain that needs three iterations of one hypothesis", "R-11", {
    ...CHAIN,
    expectedIterations: 3,
  }),
  marathon("five weeks", "R-13", { durationWeeks: 5 }),
  marathon("a half day more than four weeks", "R-13", { durationWeeks: 4.1 }),
  marathon("a year of platform work in one piece", "R-13", {
    purpose: "platform_work",
    durationWeeks: 52,
  }),
  marathon("platform work in seven sprints", "R-13", {
    ...CHAIN,
    plannedSprints: 7,
    durationWeeks: 21,
  }),
  marathon("a chain whose sprints leave no module", "R-13", {
    ...CHAIN,
    eachSprintLeavesModule: false,
  }),
  marathon("a chain whose sprints take longer than four weeks each", "R-13", {
    ...CHAIN,
    durationWeeks: 13,
  }),
  marathon("a long chain that is not platform work", "R-13", { ...CHAIN, purpose: "experiment" }),

  hybrid("three sprints of platform work that each leave a module", {}),
  hybrid("two sprints are the shortest chain", { plannedSprints: 2, durationWeeks: 8 }),
  hybrid("six sprints of four weeks are the longest chain", {
    plannedSprints: 6,
    durationWeeks: 24,
  }),
  hybrid("a short chain", { plannedSprints: 2, durationWeeks: 3 }),
  hybrid("a chain may still be missing an artifact that its first sprint will need", {
    hasTelemetryPlan: false,
  }),

  {
    name: "without automated audit evidence the platform comes first",
    facts: { ...SPRINT, automatedAuditEvidence: false },
    expect: { outcome: "platform_first", decidedBy: "R-14" },
  },
  {
    name: "the platform comes before a missing hypothesis",
    facts: { ...SPRINT, automatedAuditEvidence: false, hasHypothesis: false },
    expect: { outcome: "platform_first", decidedBy: "R-14" },
  },

  notReady("no hypothesis", "R-15", { hasHypothesis: false }),
  notReady("no telemetry plan", "R-16", { hasTelemetryPlan: false }),
  notReady("no rollback plan", "R-17", { hasRollbackPlan: false }),
  notReady("no owner", "R-18", { hasOwner: false }),
  notReady("no feature flag", "R-19", { hasFeatureFlag: false }),
  notReady("no dependency map", "R-20", { hasDependencyMap: false }),
  notReady("no audit trail", "R-21", { hasAuditTrail: false }),
  notReady("several artifacts missing are named by the first", "R-17", {
    hasRollbackPlan: false,
    hasAuditTrail: false,
  }),

  unknown("nobody has said which risk domains it touches", "R-01", ["riskDomains"], {
    riskDomains: null,
  }),
  unknown(
    "a long change with unknown risk domains is not yet a marathon",
    "R-01",
    ["riskDomains"],
    { riskDomains: null, durationWeeks: 20 },
  ),
  unknown("an unlisted risk domain is unknown, not harmless", "R-01", ["riskDomains"], {
    riskDomains: ["biling"],
  }),
  unknown("nobody has said what it is for", "R-09", ["purpose"], { purpose: null }),
  unknown("a misspelt purpose is unknown", "R-09", ["purpose"], { purpose: "experimnet" }),
  unknown(
    "nobody has said whether it touches core systems, and an artifact is missing",
    "R-10",
    ["touchesCoreSystems"],
    { touchesCoreSystems: null, hasOwner: false },
  ),
  unknown("a core system with an artifact that could not be checked", "R-10", ["hasFeatureFlag"], {
    touchesCoreSystems: true,
    hasFeatureFlag: null,
  }),
  unknown("nobody has said how many iterations it needs", "R-11", ["expectedIterations"], {
    expectedIterations: null,
  }),
  unknown("platform work of unknown size", "R-12", ["plannedSprints"], {
    ...CHAIN,
    plannedSprints: null,
  }),
  unknown("nobody has said how long it takes", "R-13", ["durationWeeks"], { durationWeeks: null }),
  unknown("a duration written as text is unknown", "R-13", ["durationWeeks"], {
    durationWeeks: "2",
  }),
  unknown("nobody knows whether audit evidence is collected", "R-14", ["automatedAuditEvidence"], {
    automatedAuditEvidence: null,
  }),
  unknown("a telemetry plan that could not be checked", "R-16", ["hasTelemetryPlan"], {
    hasTelemetryPlan: null,
  }),
  unknown("core systems unsaid but everything else in place", null, ["touchesCoreSystems"], {
    touchesCoreSystems: null,
  }),
  {
    name: "an empty proposal",
    facts: {},
    expect: { outcome: "needs_information", decidedBy: "R-01", needs: ["riskDomains"] },
  },
];
