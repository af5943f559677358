/** What a guard does when its rule is broken. */
export const GUARD_ACTIONS = ["warn", "hold", "roll-back"] as const;
export type GuardAction = (typeof GUARD_ACTIONS)[number];

/**
 * A metric of the workspace, compared between the exposed units and those of the same rule that the
 * exposure gate holds back at the same time. Broken when harm is proven at every moment at once and
 * the best estimate of it is beyond `margin`.
 */
export interface EventMetricSource {
  readonly kind: "event-metric";
  /** Key of a metric of the workspace. */
  readonly metric: string;
  /** Which way would be **better**; the guard watches the other way. */
  readonly direction: "increase" | "decrease";
  /** Scale of `margin`: a share of the control's value, or the metric's own unit. */
  readonly scale: "absolute" | "relative";
  /** The largest harm that is accepted, positive, on `scale`. */
  readonly margin: number;
  /** Events count up to this long after the first exposure of their unit. */
  readonly windowHours: number;
  /** Fewer units in an arm are no data. */
  readonly minimumUnits: number;
}

/** Some of the events; null stands for every type or every name. */
export interface GuardEvents {
  readonly type: string | null;
  readonly event: string | null;
}

export type SeriesGuardMeasure =
  | { readonly of: "events" }
  | { readonly of: "units" }
  | { readonly of: "sum" | "mean"; readonly property: string };

/** A number by time bucket against a fixed threshold. It knows no control, so it judges at any exposure. */
export interface SeriesThresholdSource {
  readonly kind: "series-threshold";
  readonly events: GuardEvents;
  readonly measure: SeriesGuardMeasure;
  /** Divides the measure by the number of these events in the bucket; null divides by nothing. */
  readonly per: GuardEvents | null;
  /** `exposed` counts only what units did after their exposure by this rule; not for `mean`. */
  readonly who: "everybody" | "exposed";
  readonly bucketSeconds: number;
  readonly comparison: "above" | "below";
  readonly threshold: number;
  /** The threshold must be crossed in every bucket of so long a time; 0 takes the newest bucket. */
  readonly forSeconds: number;
}

/** Exposed and held-back units against the shares that the gate lets through. */
export interface SampleRatioSource {
  readonly kind: "sample-ratio";
}

/** Events that stopped arriving. May hold or warn: what is missing proves no harm. */
export interface NoDataSource {
  readonly kind: "no-data";
  readonly events: GuardEvents;
  /** What a normal minute brings; null asks only that something arrives. */
  readonly expectedPerMinute: number | null;
  readonly forSeconds: number;
}

/** Units that were seen in two variants. */
export interface MultipleExposureSource {
  readonly kind: "multiple-exposure";
  /** From this share of all units on, 0 to 1. */
  readonly maxShare: number;
}

/** `in` holds for any of the values. */
export type AlertMatcher =
  | {
      readonly label: string;
      readonly operator: "equals" | "not-equals";
      readonly value: string;
    }
  | { readonly label: string; readonly operator: "in"; readonly values: readonly string[] };

/** Firing alerts that another system sent in Alertmanager's format. */
export interface AlertSource {
  readonly kind: "alert";
  /** All must hold for the labels of one alert. */
  readonly matchers: readonly AlertMatcher[];
}

export type GuardSource =
  | EventMetricSource
  | SeriesThresholdSource
  | SampleRatioSource
  | NoDataSource
  | MultipleExposureSource
  | AlertSource;

export interface Guard {
  /** Unique within its plan. */
  readonly id: string;
  readonly name: string;
  readonly source: GuardSource;
  readonly action: GuardAction;
}

/**
 * `no-data` stands for too little, late or unreadable data: it holds, never promotes and never rolls
 * back. The other three repeat the guard's action, or a milder one that the data justify.
 */
export type GuardVerdict = "pass" | "warn" | "hold" | "roll-back" | "no-data";

/** Plain JSON, so that a reading can be kept, audited and replayed. */
export type GuardNumber =
  | string
  | number
  | boolean
  | null
  | readonly GuardNumber[]
  | { readonly [key: string]: GuardNumber };

/** What one guard said at one moment, with the numbers behind it. */
export interface GuardReading {
  readonly guardId: string;
  readonly verdict: GuardVerdict;
  /** One plain sentence. */
  readonly reason: string;
  readonly numbers: Readonly<Record<string, GuardNumber>>;
  /** ISO instant of the environment's clock. */
  readonly at: string;
  /** ISO instant of the newest event that counted; null before the first, and for alerts. */
  readonly newestEventAt: string | null;
}

/** What guards must know of a running plan. */
export interface GuardedRun {
  readonly workspaceId: string;
  readonly runId: string;
  readonly flagKey: string;
  readonly environment: string;
  readonly ruleId: string;
  readonly guards: readonly Guard[];
  /** When the first stage began; exposures before it do not count. */
  readonly startedAt: Date;
  /** Every stage of the plan: false alarms are bounded over all of them together. */
  readonly stages: readonly { readonly exposureShare: number }[];
}

/** Where the run stands. */
export interface GuardedStage {
  readonly id: string;
  readonly exposureShare: number;
  readonly enteredAt: Date;
}

/** Reads every guard of a plan once; one reading for each guard, in their order. */
export type ReadGuards = (
  run: GuardedRun,
  stage: GuardedStage,
  now: Date,
) => Promise<readonly GuardReading[]>;
