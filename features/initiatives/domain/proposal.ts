/** What a change is for. */
export const PURPOSES = {
  experiment: "an experiment",
  content: "a content change",
  optimization: "an optimization",
  platform_work: "platform work",
  security_hardening: "security hardening",
  identity_resolution: "identity resolution",
  enterprise_automation: "enterprise automation",
} as const;

export type Purpose = keyof typeof PURPOSES;

export function isPurpose(text: string): text is Purpose {
  return Object.hasOwn(PURPOSES, text);
}

/**
 * What the form says about a change. Null means that nobody has said it: an empty list of risk
 * domains says "none", null says nothing.
 */
export interface Proposal {
  readonly purpose: Purpose | null;
  readonly riskDomains: readonly string[] | null;
  readonly touchesCoreSystems: boolean | null;
  /** Weeks of the whole change, all sprints of a chain together. */
  readonly durationWeeks: number | null;
  /** How many runs of the hypothesis the proposer expects to need. */
  readonly expectedIterations: number | null;
  /** 1 for a single sprint, more for a chain. */
  readonly plannedSprints: number | null;
  /** Whether each sprint of the chain leaves a reusable module. */
  readonly eachSprintLeavesModule: boolean | null;
}

/** A proposal of which nothing has been said. */
export const EMPTY_PROPOSAL: Proposal = {
  purpose: null,
  riskDomains: null,
  touchesCoreSystems: null,
  durationWeeks: null,
  expectedIterations: null,
  plannedSprints: null,
  eachSprintLeavesModule: null,
};
