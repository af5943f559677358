import type { Mode } from "./mode.ts";

/** What an initiative must show before it may start as a sprint, in the order of the checklist. */
export const SPRINT_ARTIFACTS = [
  "hypothesis",
  "telemetryPlan",
  "rollbackPlan",
  "owner",
  "featureFlag",
  "dependencyMap",
  "auditTrail",
] as const;

/** What a marathon must show besides. */
export const MARATHON_ARTIFACTS = [
  "roadmap",
  "complianceEvidence",
  "automationGoals",
  "staffing",
] as const;

export type SprintArtifact = (typeof SPRINT_ARTIFACTS)[number];
export type ArtifactKey = SprintArtifact | (typeof MARATHON_ARTIFACTS)[number];

export const ARTIFACT_TITLES: Readonly<Record<ArtifactKey, string>> = {
  hypothesis: "Hypothesis",
  telemetryPlan: "Telemetry plan",
  rollbackPlan: "Rollback plan",
  owner: "Owner",
  featureFlag: "Feature flag",
  dependencyMap: "Dependency map",
  auditTrail: "Audit trail",
  roadmap: "Roadmap",
  complianceEvidence: "Compliance evidence",
  automationGoals: "Automation goals",
  staffing: "Staffing",
};

/** The artifacts that a mode needs. A marathon shows those of a sprint and its own. */
export function requiredArtifacts(mode: Mode): readonly ArtifactKey[] {
  return mode === "marathon" ? [...SPRINT_ARTIFACTS, ...MARATHON_ARTIFACTS] : SPRINT_ARTIFACTS;
}

/** What people wrote down for the artifacts that have a text. */
export interface ArtifactContents {
  readonly hypothesis?: {
    readonly statement: string;
    readonly metric: string;
    readonly direction: "increase" | "decrease";
    /** Smallest relative change that would count, as a share (0.02 is 2 %). */
    readonly minimumEffect: number;
  };
  readonly telemetryPlan?: { readonly events: readonly string[] };
  readonly featureFlag?: { readonly flagKey: string };
  readonly dependencyMap?: {
    readonly dependencies: readonly {
      readonly system: string;
      readonly relation: "reads" | "writes" | "triggers";
      readonly contact: string;
    }[];
  };
  readonly roadmap?: {
    readonly milestones: readonly {
      readonly title: string;
      readonly dueOn: string;
      readonly deliverable: string;
    }[];
  };
  readonly complianceEvidence?: {
    readonly documents: readonly { readonly title: string; readonly sha256: string }[];
  };
  readonly automationGoals?: {
    readonly goals: readonly { readonly metric: string; readonly target: string }[];
  };
  readonly staffing?: { readonly people: readonly string[] };
}

/** Artifacts whose content a person writes; the others are only observed. */
export type WrittenArtifact = keyof ArtifactContents;

export const WRITTEN_ARTIFACTS = [
  "hypothesis",
  "telemetryPlan",
  "featureFlag",
  "dependencyMap",
  "roadmap",
  "complianceEvidence",
  "automationGoals",
  "staffing",
] as const satisfies readonly WrittenArtifact[];

/** A fact about the world that was observed, or null when the source could not be asked. */
export type Observed<T> = T | null;

/** A telemetry plan that the initiative owns: what one event must look like, and how it arrives. */
export interface OwnedPlan {
  readonly name: string;
  /** The event that it describes, or its kind of call where that has no name. */
  readonly event: string;
  /** Whether a version of it is in force. */
  readonly published: boolean;
  /** When an event last arrived as the plan says, in any environment to which it applies. */
  readonly lastPassedAtMs: number | null;
  /** How old that may be. */
  readonly freshnessDays: number;
}

/** Everything that the checks look at; gathered by the server, judged here. */
export interface ArtifactEvidence {
  readonly contents: ArtifactContents;
  /** When each written artifact was last changed. */
  readonly writtenAtMs: Readonly<Partial<Record<WrittenArtifact, number>>>;
  /** Whether the proposal touches a core system or a risk domain; those need a rehearsed rollback. */
  readonly highRisk: boolean;
  readonly ownerId: string | null;
  readonly ownerActive: Observed<boolean>;
  readonly flagExists: Observed<boolean>;
  readonly telemetry: Observed<
    readonly { readonly event: string; readonly lastArrivedAtMs: number | null }[]
  >;
  /** None if absent. */
  readonly ownedPlans?: Observed<readonly OwnedPlan[]>;
  readonly rollback: Observed<{ readonly defined: boolean; readonly rehearsedAtMs: number | null }>;
  readonly auditTrail: Observed<{ readonly entries: number; readonly automated: boolean }>;
  /** People of the staffing plan who are active members. */
  readonly staffed: Observed<readonly string[]>;
}

/**
 * present: observed, counts. missing: not there. stale: was there, too old to count. unproven:
 * written down, but what it claims has not been observed.
 */
export type ArtifactState = "present" | "missing" | "stale" | "unproven";

/** One checked artifact. */
export interface ArtifactCheck {
  readonly artifact: ArtifactKey;
  readonly state: ArtifactState;
  readonly reason: string;
  /** False when its source could not be asked: the fact is then unknown, not "no". */
  readonly checked: boolean;
}

type Finding = readonly [ArtifactState, string] | "not-checked";
type Check = (evidence: ArtifactEvidence, nowMs: number) => Finding;

const MS_PER_DAY = 86_400_000;
/** Events of the plan must have been seen within this time. */
const TELEMETRY_MAX_AGE_MS = 30 * MS_PER_DAY;
/** High-impact paths are drilled quarterly (operating model). */
const REHEARSAL_MAX_AGE_MS = 92 * MS_PER_DAY;
const DEPENDENCY_MAP_MAX_AGE_MS = 180 * MS_PER_DAY;
const MIN_STATEMENT_LENGTH = 20;
const SHA256 = /^[0-9a-f]{64}$/;

function days(ageMs: number): string {
  const count = Math.floor(ageMs / MS_PER_DAY);
  return count === 1 ? "1 day" : `${count} days`;
}

const blank = (text: string): boolean => text.trim() === "";

function checkHypothesis({ contents: { hypothesis } }: ArtifactEvidence): Finding {
  if (hypothesis === undefined) return ["missing", "No hypothesis has been written."];
  const { statement, metric, minimumEffect, direction } = hypothesis;
  if (statement.trim().length < MIN_STATEMENT_LENGTH) {
    return ["unproven", "The hypothesis is too short to be wrong; say what you expect and why."];
  }
  if (blank(metric))
    return ["unproven", "The hypothesis names no metric, so nothing could refute it."];
  if (!(minimumEffect > 0))
    return ["unproven", "The hypothesis names no smallest effect that would count."];
  return [
    "present",
    `Refutable: ${metric} must ${direction} by at least ${Number((minimumEffect * 100).toFixed(4))}%.`,
  ];
}

function checkTelemetryPlan(evidence: ArtifactEvidence, nowMs: number): Finding {
  const { contents, telemetry, ownedPlans = [] } = evidence;
  if (ownedPlans === null) return "not-checked";
  const planned = new Set(ownedPlans.map(({ event }) => event));
  const events = (contents.telemetryPlan?.events ?? []).filter((event) => !planned.has(event));
  if (events.length + ownedPlans.length === 0) {
    return ["missing", "The telemetry plan names no event."];
  }
  const unproven = checkOwnedPlans(ownedPlans, nowMs);
  if (unproven !== null) return unproven;
  if (events.length > 0 && telemetry === null) return "not-checked";
  const lastSeen = new Map(
    (telemetry ?? []).map(({ event, lastArrivedAtMs }) => [event, lastArrivedAtMs]),
  );
  const never = events.filter((event) => (lastSeen.get(event) ?? null) === null);
  if (never.length > 0) return ["unproven", `No event has arrived yet for ${never.join(", ")}.`];
  const age = Math.max(0, ...events.map((event) => nowMs - (lastSeen.get(event) ?? 0)));
  if (age > TELEMETRY_MAX_AGE_MS)
    return ["stale", `The last event of the plan arrived ${days(age)} ago.`];
  const count = events.length + ownedPlans.length;
  const fit = ownedPlans.length === 0 ? "" : " and fit their plans";
  return [
    "present",
    count === 1
      ? `Its event has arrived${ownedPlans.length === 0 ? "" : " and fits its plan"}.`
      : `All ${count} events have arrived${fit}.`,
  ];
}

/** What keeps owned plans from counting, with the way out; null if nothing does. */
function checkOwnedPlans(plans: readonly OwnedPlan[], nowMs: number): Finding | null {
  const names = (list: readonly OwnedPlan[]): string => list.map(({ event }) => event).join(", ");
  const drafts = plans.filter(({ published }) => !published);
  if (drafts.length > 0) {
    return ["unproven", `The plan for ${names(drafts)} is only a draft: publish it.`];
  }
  const never = plans.filter(({ lastPassedAtMs }) => lastPassedAtMs === null);
  if (never.length > 0) {
    return [
      "unproven",
      `No event has arrived yet that fits the plan of ${names(never)}: send one, and look among the bad events if it does not count.`,
    ];
  }
  const old = plans.filter(
    ({ lastPassedAtMs, freshnessDays }) =>
      nowMs - (lastPassedAtMs ?? 0) > freshnessDays * MS_PER_DAY,
  );
  if (old.length === 0) return null;
  const age = Math.max(...old.map(({ lastPassedAtMs }) => nowMs - (lastPassedAtMs ?? 0)));
  return [
    "stale",
    `${names(old)} last arrived as planned ${days(age)} ago: send one again, or allow for longer in the plan.`,
  ];
}

function checkRollbackPlan({ rollback, highRisk }: ArtifactEvidence, nowMs: number): Finding {
  if (rollback === null) return "not-checked";
  if (!rollback.defined) return ["missing", "No way back is defined."];
  if (rollback.rehearsedAtMs === null) {
    if (highRisk)
      return [
        "unproven",
        "The way back is defined but was never rehearsed, which a high-risk change needs: publish the flag in drill and roll it back there.",
      ];
    return ["present", "The way back is defined; it has not been rehearsed yet."];
  }
  const age = nowMs - rollback.rehearsedAtMs;
  if (highRisk && age > REHEARSAL_MAX_AGE_MS)
    return ["stale", `The way back was last rehearsed ${days(age)} ago.`];
  return ["present", `The way back is defined and was rehearsed ${days(age)} ago.`];
}

function checkOwner({ ownerId, ownerActive }: ArtifactEvidence): Finding {
  if (ownerId === null) return ["missing", "Nobody owns it."];
  if (ownerActive === null) return "not-checked";
  return ownerActive
    ? ["present", "One person answers for it."]
    : ["stale", "Its owner is no longer a member."];
}

function checkFeatureFlag({ contents, flagExists }: ArtifactEvidence): Finding {
  const key = contents.featureFlag?.flagKey ?? "";
  if (blank(key)) return ["missing", "No flag is named."];
  if (flagExists === null) return "not-checked";
  return flagExists
    ? ["present", `The flag ${key} exists.`]
    : ["unproven", `There is no flag ${key} yet.`];
}

function checkDependencyMap({ contents, writtenAtMs }: ArtifactEvidence, nowMs: number): Finding {
  const map = contents.dependencyMap;
  if (map === undefined || map.dependencies.length === 0) {
    return [
      "missing",
      "The dependency map names no system that the change reads, writes or triggers.",
    ];
  }
  const vague = map.dependencies.find(({ system, contact }) => blank(system) || blank(contact));
  if (vague !== undefined) return ["unproven", "A dependency has no system or no contact."];
  const age = nowMs - (writtenAtMs.dependencyMap ?? Number.NEGATIVE_INFINITY);
  if (age > DEPENDENCY_MAP_MAX_AGE_MS)
    return ["stale", "The dependency map is older than 180 days."];
  return ["present", `${map.dependencies.length} named, each with a contact.`];
}

function checkAuditTrail({ auditTrail }: ArtifactEvidence): Finding {
  if (auditTrail === null) return "not-checked";
  if (auditTrail.entries === 0)
    return ["missing", "The audit log holds nothing about it; it starts with the proposal."];
  return [
    "present",
    auditTrail.entries === 1
      ? "1 entry in the audit log."
      : `${auditTrail.entries} entries in the audit log.`,
  ];
}

function checkRoadmap({ contents: { roadmap } }: ArtifactEvidence): Finding {
  const milestones = roadmap?.milestones ?? [];
  if (milestones.length === 0) return ["missing", "The roadmap has no milestone."];
  const open = milestones.find(
    ({ title, dueOn, deliverable }) => blank(title) || blank(dueOn) || blank(deliverable),
  );
  if (open !== undefined)
    return ["unproven", "A milestone has no date or no deliverable that an auditor could see."];
  return ["present", `${milestones.length} milestones, each with a date and a deliverable.`];
}

function checkComplianceEvidence({ contents: { complianceEvidence } }: ArtifactEvidence): Finding {
  const documents = complianceEvidence?.documents ?? [];
  if (documents.length === 0) return ["missing", "No compliance document is attached."];
  const loose = documents.find(({ sha256 }) => !SHA256.test(sha256));
  if (loose !== undefined) return ["unproven", `${loose.title} is not bound to a SHA-256 digest.`];
  return ["present", `${documents.length} documents, each bound to its digest.`];
}

function checkAutomationGoals({ contents: { automationGoals } }: ArtifactEvidence): Finding {
  const goals = automationGoals?.goals ?? [];
  if (goals.length === 0) return ["missing", "No automation goal is stated."];
  const vague = goals.find(({ metric, target }) => blank(metric) || blank(target));
  return vague === undefined
    ? ["present", `${goals.length} stated with metric and target.`]
    : ["unproven", "A goal has no metric or no target."];
}

function checkStaffing({ contents: { staffing }, staffed }: ArtifactEvidence): Finding {
  const people = staffing?.people ?? [];
  if (people.length === 0) return ["missing", "Nobody is assigned."];
  if (staffed === null) return "not-checked";
  const gone = people.filter((person) => !staffed.includes(person));
  return gone.length === 0
    ? ["present", `${people.length} people assigned.`]
    : ["stale", `${gone.length} of the people assigned are no longer members.`];
}

const CHECKS: Readonly<Record<ArtifactKey, Check>> = {
  hypothesis: checkHypothesis,
  telemetryPlan: checkTelemetryPlan,
  rollbackPlan: checkRollbackPlan,
  owner: checkOwner,
  featureFlag: checkFeatureFlag,
  dependencyMap: checkDependencyMap,
  auditTrail: checkAuditTrail,
  roadmap: checkRoadmap,
  complianceEvidence: checkComplianceEvidence,
  automationGoals: checkAutomationGoals,
  staffing: checkStaffing,
};

/**
 * Judges the given artifacts by what was observed. An artifact is never present because someone said
 * so; where a source could not be asked the check is left open (`checked: false`).
 */
export function checkArtifacts(
  artifacts: readonly ArtifactKey[],
  evidence: ArtifactEvidence,
  nowMs: number,
): readonly ArtifactCheck[] {
  return artifacts.map((artifact) => {
    const finding = CHECKS[artifact](evidence, nowMs);
    if (finding === "not-checked") {
      return {
        artifact,
        state: "unproven",
        reason: "It could not be checked just now.",
        checked: false,
      };
    }
    const [state, reason] = finding;
    return { artifact, state, reason, checked: true };
  });
}

/** The checks that keep an initiative from starting. */
export function missingArtifacts(checks: readonly ArtifactCheck[]): readonly ArtifactCheck[] {
  return checks.filter(({ state }) => state !== "present");
}
