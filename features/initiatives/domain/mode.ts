/** How an initiative is run. */
export type Mode = "sprint" | "marathon" | "hybrid";

/**
 * What the policy answers. Besides the modes: `not_ready` (an artifact is missing before it could be
 * a sprint) and `platform_first` (audit evidence is not collected by itself, so build that first).
 */
export type PolicyOutcome = Mode | "not_ready" | "platform_first";

/** What a decision says; `needs_information` names the facts that are not known. */
export type DecisionOutcome = PolicyOutcome | "needs_information";

export const DECISION_OUTCOMES = [
  "sprint",
  "marathon",
  "hybrid",
  "not_ready",
  "platform_first",
  "needs_information",
] as const satisfies readonly DecisionOutcome[];

/** The mode that an outcome settles; null while it settles none. */
export function modeOf(outcome: DecisionOutcome): Mode | null {
  switch (outcome) {
    case "sprint":
    case "marathon":
    case "hybrid":
      return outcome;
    case "not_ready":
    case "platform_first":
    case "needs_information":
      return null;
  }
}

/** What must be in place before and while an initiative runs; keys are stored, words are shown. */
export const CONTROLS = {
  "staged-rollout": {
    title: "Staged rollout",
    words: "Exposure grows in stages, each held until its guardrails pass.",
  },
  "automated-runbook": {
    title: "Automated runbook",
    words: "Recovery is a runbook that the system can execute and that has been drilled.",
  },
  "compliance-evidence": {
    title: "Compliance evidence, approved beforehand",
    words: "Legal has approved the evidence before the first exposure.",
  },
  "program-plan": {
    title: "Program plan",
    words: "Phases, milestones with audit deliverables, staffing and a baseline for the return.",
  },
  "feature-flag": {
    title: "Behind a feature flag",
    words: "Nothing is exposed except through its flag.",
  },
  "locked-criterion": {
    title: "Locked criterion",
    words: "What counts as success is locked and hashed before the first exposure.",
  },
  "automatic-rollback": {
    title: "Automatic rollback",
    words: "A breached guardrail rolls the flag back without asking anyone.",
  },
  timebox: { title: "Timebox", words: "It ends after at most four weeks, with one owner." },
  "module-per-sprint": {
    title: "A module from every sprint",
    words: "Each sprint of the chain leaves a tested, reusable module before the next one starts.",
  },
  "audit-evidence": {
    title: "Automated audit evidence",
    words: "Every state change leaves an entry in the transparency log without anyone writing it.",
  },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly words: string }>>;

export type ControlKey = keyof typeof CONTROLS;

export function isControlKey(key: string): key is ControlKey {
  return Object.hasOwn(CONTROLS, key);
}
