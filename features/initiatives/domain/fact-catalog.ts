import type {
  FactChange,
  FactDefinition,
  FactReading,
  FactReadings,
  FactValue,
} from "@paceline/decision-table";

import { ARTIFACT_TITLES, SPRINT_ARTIFACTS } from "./artifacts.ts";
import type { ArtifactCheck, SprintArtifact } from "./artifacts.ts";
import { PURPOSES } from "./proposal.ts";
import type { Proposal } from "./proposal.ts";
import { RISK_DOMAINS } from "./risk-domains.ts";
import type { RiskDomain } from "./risk-domains.ts";

const MS_PER_HOUR = 3_600_000;
const FIXED: FactChange = { kind: "fixed" };

/** Name of the fact that says whether an artifact is present, e.g. `hasHypothesis`. */
export function artifactFact(artifact: SprintArtifact): string {
  return `has${artifact.charAt(0).toUpperCase()}${artifact.slice(1)}`;
}

function changeable(candidates: readonly FactValue[], words: Readonly<Record<string, string>>) {
  return { kind: "changeable", candidates, words } as const;
}

const ARTIFACT_ADVICE: Readonly<Record<SprintArtifact, string>> = {
  hypothesis: "Write a hypothesis that names its metric and the smallest effect that counts",
  telemetryPlan: "Name the events of the telemetry plan and send one of each",
  rollbackPlan: "Define the way back and, where the risk is high, rehearse it",
  owner: "Give it one owner",
  featureFlag: "Create its feature flag",
  dependencyMap: "Name the systems it reads, writes and triggers",
  auditTrail: "Propose it, so that its audit trail starts",
};

function scopeFacts(riskDomains: readonly RiskDomain[]): readonly FactDefinition[] {
  const source = "form";
  return [
    {
      name: "riskDomains",
      title: "which risk domains it touches",
      type: {
        kind: "strings",
        values: Object.fromEntries(riskDomains.map(({ key, title }) => [key, title])),
      },
      source,
      change: changeable([[]], {
        "*": "Leave out {removed}",
      }),
    },
    {
      name: "touchesCoreSystems",
      title: "whether it touches core systems",
      type: { kind: "bool" },
      source,
      change: changeable([false], { false: "Keep core systems out of it" }),
    },
    {
      name: "purpose",
      title: "what it is for",
      type: { kind: "enum", values: PURPOSES },
      source,
      change: {
        ...changeable(["experiment", "optimization", "content"], {
          "*": "Cut out a part that is {value}",
        }),
        effort: 3,
      },
    },
  ];
}

function sizeFacts(): readonly FactDefinition[] {
  const source = "form";
  return [
    {
      name: "durationWeeks",
      title: "how many weeks it takes",
      type: { kind: "number", min: 0, max: 520, unit: "weeks" },
      source,
      change: changeable([4, 3, 2, 1], { "*": "Cut it down to {value}" }),
    },
    {
      name: "expectedIterations",
      title: "how many iterations it needs",
      type: { kind: "number", min: 1, max: 100, unit: "iterations" },
      source,
      change: changeable([2, 1], { "*": "Plan to learn enough in {value}" }),
    },
    {
      name: "plannedSprints",
      title: "into how many sprints it splits",
      type: { kind: "number", min: 1, max: 100, unit: "sprints" },
      source,
      change: changeable([1], { "*": "Do it as {value}" }),
    },
    {
      name: "eachSprintLeavesModule",
      title: "whether each sprint leaves a reusable module",
      type: { kind: "bool" },
      source,
      change: changeable([false, true], {
        true: "Let each sprint leave a module",
        false: "Do not plan it as a chain of modules",
      }),
    },
  ];
}

function artifactFacts(): readonly FactDefinition[] {
  const maxAgeMs = MS_PER_HOUR;
  return [
    ...SPRINT_ARTIFACTS.map((artifact): FactDefinition => ({
      name: artifactFact(artifact),
      title: `whether the ${ARTIFACT_TITLES[artifact].toLowerCase()} is present`,
      type: { kind: "bool" },
      source: "artifacts",
      maxAgeMs,
      change: changeable([true], { true: ARTIFACT_ADVICE[artifact] }),
    })),
    {
      name: "automatedAuditEvidence",
      title: "whether audit evidence is collected by itself",
      type: { kind: "bool" },
      source: "artifacts",
      maxAgeMs,
      change: changeable([true], { true: "Let the platform collect its audit evidence first" }),
    },
  ];
}

function observedFacts(): readonly FactDefinition[] {
  const maxAgeMs = MS_PER_HOUR;
  return [
    {
      name: "iterationsUsed",
      title: "how many iterations it has used",
      type: { kind: "number", min: 0, unit: "iterations" },
      source: "history",
      change: FIXED,
    },
    {
      name: "rollbacksInQuarter",
      title: "how many rollbacks its area had in 90 days",
      type: { kind: "number", min: 0 },
      source: "history",
      maxAgeMs: 24 * MS_PER_HOUR,
      change: FIXED,
    },
    {
      name: "errorBudgetLeft",
      title: "how much error budget is left",
      type: { kind: "number", max: 100, unit: "%" },
      source: "budget",
      maxAgeMs,
      change: FIXED,
    },
    {
      name: "freezeActive",
      title: "whether a freeze is active",
      type: { kind: "bool" },
      source: "calendar",
      maxAgeMs,
      change: FIXED,
    },
    {
      name: "systemTier",
      title: "the tier of the most important system",
      type: { kind: "enum", values: { core: "core", shared: "shared", local: "local" } },
      source: "catalog",
      maxAgeMs: 30 * 24 * MS_PER_HOUR,
      change: FIXED,
    },
  ];
}

/**
 * Every fact that a policy of this workspace may read. What a form, an artifact check or the history
 * says is always readable; facts from budgets, the calendar and the catalog are known once their
 * sources are connected, and unknown until then.
 *
 * @param ownDomains  risk domains that the workspace added
 */
export function factCatalog(ownDomains: readonly RiskDomain[]): readonly FactDefinition[] {
  return [
    ...scopeFacts([...RISK_DOMAINS, ...ownDomains]),
    ...sizeFacts(),
    ...artifactFacts(),
    ...observedFacts(),
  ];
}

/** What is known about an initiative besides its form and its artifacts. */
export interface History {
  /** Iterations started so far, plus the one that is being asked for. */
  readonly iterationsUsed: number;
}

/**
 * Turns a proposal, its artifact checks and its history into readings. What nobody said or nobody
 * could check is absent, and hence unknown.
 *
 * @param automatedEvidence  whether audit evidence is collected by itself; null when not known
 */
export function factReadings(
  proposal: Proposal,
  checks: readonly ArtifactCheck[],
  automatedEvidence: boolean | null,
  history: History,
  nowMs: number,
): FactReadings {
  const readings: Record<string, FactReading> = {};
  for (const [name, value] of Object.entries(proposal)) {
    if (value !== null) readings[name] = { value, source: "form" };
  }
  // One sprint is no chain, so what a chain would leave behind needs no answer.
  if (proposal.plannedSprints === 1) {
    readings["eachSprintLeavesModule"] ??= { value: false, source: "form" };
  }
  for (const artifact of SPRINT_ARTIFACTS) {
    const check = checks.find((candidate) => candidate.artifact === artifact);
    if (check === undefined || !check.checked) continue;
    readings[artifactFact(artifact)] = {
      value: check.state === "present",
      source: "artifacts",
      observedAtMs: nowMs,
    };
  }
  if (automatedEvidence !== null) {
    readings["automatedAuditEvidence"] = {
      value: automatedEvidence,
      source: "artifacts",
      observedAtMs: nowMs,
    };
  }
  readings["iterationsUsed"] = { value: history.iterationsUsed, source: "history" };
  return readings;
}
