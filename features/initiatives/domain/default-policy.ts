import type { DecisionTable, Rule } from "@paceline/decision-table";

import { ARTIFACT_TITLES, SPRINT_ARTIFACTS } from "./artifacts.ts";
import type { SprintArtifact } from "./artifacts.ts";
import { artifactFact } from "./fact-catalog.ts";
import type { ControlKey, PolicyOutcome } from "./mode.ts";
import { RISK_DOMAINS } from "./risk-domains.ts";

/** A policy of this product: a decision table whose outcomes and controls are ours. */
export type Policy = DecisionTable<PolicyOutcome>;

type PolicyRule = Rule<PolicyOutcome> & { readonly controls?: readonly ControlKey[] };

const MARATHON_CONTROLS = [
  "staged-rollout",
  "automated-runbook",
  "compliance-evidence",
] as const satisfies readonly ControlKey[];

const DOMAIN_REASONS: Readonly<Record<(typeof RISK_DOMAINS)[number]["key"], string>> = {
  "customer-identity":
    "It changes how customers are identified. Customer identity always gets marathon controls, whatever the size of the change.",
  billing: "It changes what customers are billed. Billing always gets marathon controls.",
  consent: "It changes what customers consented to. Consent always gets marathon controls.",
  "shared-schema":
    "It changes a schema that others read. A schema change always gets marathon controls.",
  "identity-infrastructure":
    "It changes the infrastructure that identity rests on, which always gets marathon controls.",
  "cross-system-orchestration":
    "It changes how several systems work together, which always gets marathon controls.",
  "email-sender-reputation":
    "It can cost the reputation of an email sender, which takes months to win back.",
};

function ruleId(number: number): string {
  return `R-${String(number).padStart(2, "0")}`;
}

function domainRules(): readonly PolicyRule[] {
  return RISK_DOMAINS.map(({ key, title }, index) => ({
    id: ruleId(index + 1),
    title: `Touches ${title}`,
    when: `"${key}" in riskDomains`,
    outcome: "marathon",
    because: DOMAIN_REASONS[key],
    otherwise: `It does not touch ${title}.`,
    controls: MARATHON_CONTROLS,
  }));
}

const BUILT_IN = RISK_DOMAINS.map(({ key }) => `"${key}"`).join(", ");
const EVERY_ARTIFACT = SPRINT_ARTIFACTS.map(artifactFact).join(" && ");

const MIDDLE_RULES: readonly PolicyRule[] = [
  {
    id: "R-08",
    title: "Touches a risk domain of this workspace",
    when: `riskDomains.exists(domain, !(domain in [${BUILT_IN}]))`,
    outcome: "marathon",
    because: "It touches {riskDomains}; your workspace lists that as a risk domain.",
    otherwise: "It touches no risk domain that this workspace added.",
    controls: MARATHON_CONTROLS,
  },
  {
    id: "R-09",
    title: "Is security hardening, identity resolution or enterprise automation",
    when: `purpose in ["security_hardening", "identity_resolution", "enterprise_automation"]`,
    outcome: "marathon",
    because: "It is {purpose}, which is done as a tactical marathon.",
    otherwise: "It is {purpose}, which can be done in small steps.",
    shows: "{purpose}",
    controls: ["program-plan", ...MARATHON_CONTROLS],
  },
  {
    id: "R-10",
    title: "Touches core systems without every artifact",
    when: `touchesCoreSystems && !(${EVERY_ARTIFACT})`,
    outcome: "marathon",
    because: "It touches core systems and an artifact is missing, so it gets marathon controls.",
    otherwise: "It does not touch core systems, or every artifact is present.",
    controls: MARATHON_CONTROLS,
  },
  {
    id: "R-11",
    title: "Needs more than two iterations",
    when: "iterationsUsed > 2 || expectedIterations > 2",
    outcome: "marathon",
    because:
      "It needs more than two iterations ({expectedIterations} expected, {iterationsUsed} used or asked for); what two cannot settle is a marathon.",
    otherwise: "Two iterations are enough: {expectedIterations} expected, {iterationsUsed} used.",
    shows: "{expectedIterations}",
    controls: ["program-plan"],
  },
  {
    id: "R-12",
    title: "Is platform work that splits into two to six sprints",
    when: `purpose == "platform_work" && plannedSprints >= 2 && plannedSprints <= 6 && eachSprintLeavesModule && durationWeeks <= plannedSprints * 4.0`,
    outcome: "hybrid",
    because:
      "It is time-limited platform work that splits into {plannedSprints}, each leaving a reusable module.",
    otherwise:
      "It is not a chain of two to six sprints of platform work that each leave a module within four weeks.",
    shows: "{plannedSprints}",
    controls: ["module-per-sprint", "feature-flag", "timebox"],
  },
  {
    id: "R-13",
    title: "Takes longer than four weeks",
    when: "durationWeeks > 4",
    outcome: "marathon",
    because: "It takes {durationWeeks}; a sprint takes at most 4.",
    otherwise: "It takes {durationWeeks}, at most 4.",
    shows: "{durationWeeks}",
    controls: ["program-plan"],
  },
  {
    id: "R-14",
    title: "Has no automated audit evidence",
    when: "!automatedAuditEvidence",
    outcome: "platform_first",
    because: "Its audit evidence is not collected by itself. Strengthen the platform first.",
    otherwise: "Its audit evidence is collected by itself.",
    shows: "{automatedAuditEvidence}",
    controls: ["audit-evidence"],
  },
];

function artifactRule(artifact: SprintArtifact, index: number): PolicyRule {
  const title = ARTIFACT_TITLES[artifact];
  return {
    id: ruleId(MIDDLE_RULES.length + RISK_DOMAINS.length + index + 1),
    title: `${title} is missing`,
    when: `!${artifactFact(artifact)}`,
    outcome: "not_ready",
    because: `Its ${title.toLowerCase()} is not present, so it is not ready as a sprint.`,
    otherwise: `Its ${title.toLowerCase()} is present.`,
  };
}

/**
 * The policy that every workspace starts with: the operating model's decision rules.
 *
 * The order matters. Risk domains come first because they demand marathon controls whatever else is
 * true; the chain of sprints comes before the four-week limit because that limit holds for each
 * sprint of the chain; missing artifacts come last because they say "not yet", not "not a sprint".
 */
export const DEFAULT_POLICY: Policy = {
  id: "operating-model",
  version: 1,
  rules: [...domainRules(), ...MIDDLE_RULES, ...SPRINT_ARTIFACTS.map(artifactRule)],
  otherwise: {
    outcome: "sprint",
    because:
      "It is small, touches no risk domain, and everything that a sprint must show is present.",
    controls: ["feature-flag", "locked-criterion", "automatic-rollback", "timebox"],
  },
};
