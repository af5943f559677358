import type { Criterion } from "./criterion.ts";

/**
 * Sufficient statistics of one metric in one arm: mergeable, unrounded. For a ratio the numerator
 * stands in `mean` and `m2`, the denominator in `denominator`, with their co-moment.
 */
export interface ArmMetric {
  /** Units of the arm, exposed to this variant only. */
  readonly n: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly m2: number;
  readonly denominator: {
    readonly mean: number;
    readonly m2: number;
    readonly comoment: number;
  } | null;
}

/** What the event store knows about an experiment at one instant. */
export interface ExperimentStatistics {
  /** The instant up to which events count. */
  readonly asOf: Date;
  /** By variant, then by metric key. */
  readonly arms: Readonly<Record<string, Readonly<Record<string, ArmMetric>>>>;
  /** Units by variant, without cross-exposed ones. */
  readonly units: Readonly<Record<string, number>>;
  /** Units that saw more than one variant; they are in no arm. */
  readonly crossExposedUnits: number;
  /** Units whose conversion window has closed. */
  readonly maturedUnits: number;
  readonly newestEventAt: Date | null;
}

/** One earlier look, as kept in the look log: boundaries depend on what was spent before. */
export interface PastLook {
  readonly look: number;
  /** 0 to 1, units so far over planned units. */
  readonly informationFraction: number;
  /** Units of all arms at that look, beyond the planned ones too. */
  readonly units: number;
  /** Cumulative alpha after this look, of the primary's whole alpha. */
  readonly alphaSpent: number;
}

export interface AnalysisInput {
  readonly criterion: Criterion;
  readonly statistics: ExperimentStatistics;
  readonly startedAt: Date;
  readonly now: Date;
  readonly pastLooks: readonly PastLook[];
}

export type Verdict = "invalid" | "rollback" | "continue" | "inconclusive" | "ship" | "iterate";

/** An effect, treatment minus control, with its ordinary fixed-sample interval and two-sided p value. */
export interface Effect {
  readonly effect: number;
  /** Welch (delta method for ratios) at the criterion's confidence; checkable from the raw file. */
  readonly interval: readonly [number, number];
  readonly p: number;
}

/** Why no inference is possible, in a word; screens make a sentence of it. */
export interface NotComputable {
  readonly undefined: string;
}

export type MetricState =
  | "wins"
  | "harm"
  | "no-clear-change"
  | "pass"
  | "breached"
  | "worse"
  | "open"
  | "undefined";

export interface ArmSummary {
  readonly n: number;
  /** Mean, proportion or ratio. */
  readonly value: number;
  /**
   * Variance of a unit's value as the test uses it: unbiased for a mean, p (1 - p) for a proportion,
   * of the linearized value for a ratio.
   */
  readonly variance: number;
}

export interface MetricResult {
  readonly metric: string;
  readonly role: "primary" | "secondary" | "guardrail";
  readonly control: ArmSummary;
  readonly treatment: ArmSummary;
  readonly absolute: Effect | NotComputable;
  readonly relative: Effect | NotComputable;
  /** The interval that decides: repeated confidence interval of this look on the criterion's scale. */
  readonly sequential: {
    readonly scale: "absolute" | "relative";
    readonly interval: readonly [number, number];
    readonly z: number;
    readonly alphaSpent: number;
  } | null;
  /** `wins`, `harm`, `no-clear-change` for primary and secondary; `pass`, `breached`, `worse`, `open` for guardrails. */
  readonly state: MetricState;
}

export interface ArmResult {
  readonly arm: string;
  readonly verdict: Verdict;
  /** One plain sentence, for example "Visits per customer are up by 72%; even the cautious end is above the 5% you asked for." */
  readonly reason: string;
  readonly metrics: readonly MetricResult[];
}

export interface Analysis {
  /** The run's verdict: `invalid` for all; else `ship` if any arm ships; else the arms' worst. */
  readonly verdict: Verdict;
  readonly reason: string;
  readonly arms: readonly ArmResult[];
  /** 1 for the first look. */
  readonly look: number;
  readonly informationFraction: number;
  readonly alphaSpent: number;
  /** Two-sided boundary of this look. */
  readonly z: number;
  readonly srm: {
    readonly p: number;
    readonly observed: Readonly<Record<string, number>>;
    readonly expected: Readonly<Record<string, number>>;
  };
  readonly crossExposure: { readonly units: number; readonly share: number };
  /** Minimums that are not met yet, each in words; empty when all are met. */
  readonly unmetMinimums: readonly string[];
  readonly timeboxOver: boolean;
}

export interface MonitorInput {
  readonly criterion: Criterion;
  readonly statistics: ExperimentStatistics;
}

export type MonitorTrigger =
  | "guardrail-breach"
  | "primary-harm"
  | "sample-ratio-mismatch"
  | "cross-exposure";

/** What the monitor clock found; it can hold, roll back or invalidate, and never ship. */
export interface MonitorFinding {
  readonly action: "none" | "hold" | "rollback" | "invalid";
  readonly reason: string;
  readonly trigger: MonitorTrigger | null;
  /** The always-valid intervals behind the finding, by arm and metric. */
  readonly intervals: readonly {
    readonly arm: string;
    readonly metric: string;
    readonly effect: number;
    readonly interval: readonly [number, number];
    readonly scale: "absolute" | "relative";
  }[];
}

/** How many units a criterion needs, and whether the timebox holds them. */
export interface SamplePlan {
  /** Units of all arms together, after the inflation for sequential looks. */
  readonly requiredUnits: number;
  readonly perArm: Readonly<Record<string, number>>;
  /** Key of the metric that asks for the most units. */
  readonly drivenBy: string;
  readonly expectedUnits: number;
  readonly daysNeeded: number;
  readonly fits: boolean;
  /** Ways out when it does not fit: larger effect, more traffic, marathon. */
  readonly waysOut: readonly string[];
}
