import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { Statistic } from "./metric.ts";

/** Which change of a metric is the good one. */
export type Direction = "increase" | "decrease";
/** Whether a change is in the unit of the metric, or a share of the control arm. */
export type Scale = "absolute" | "relative";

/** What must change for the run to count as a success. */
export interface PrimaryMetric {
  readonly metric: string;
  readonly statistic: Statistic;
  /** Which way is better. */
  readonly direction: Direction;
  /** Scale of `successAtLeast` and `mde`: a share of the control's value, or the metric's own unit. */
  readonly scale: Scale;
  /** The lower end of the interval must exceed this, oriented so that larger is better. */
  readonly successAtLeast: number;
  /** Confidence of the intervals, 0.5 to 1 exclusive. */
  readonly confidence: number;
  /** Minimum detectable effect that the sample is planned for; above `successAtLeast`. */
  readonly mde: number;
  readonly power: number;
}

/** A metric that must not get worse by more than its margin. */
export interface GuardrailMetric {
  readonly metric: string;
  readonly statistic: Statistic;
  /** Which way would be **better**; the guardrail watches the other way. */
  readonly direction: Direction;
  readonly scale: Scale;
  /** The largest harm that is accepted, positive, on `scale`. */
  readonly margin: number;
  readonly confidence: number;
  readonly onBreach: "rollback" | "hold" | "warn";
}

/** A metric that is shown and never decides. */
export interface SecondaryMetric {
  readonly metric: string;
  readonly statistic: Statistic;
  readonly direction: Direction;
}

/**
 * How an experiment is run: who gets what, when it is looked at, and what it needs before it may be
 * judged.
 */
export interface Design {
  /** Planned share of units by variant. The control is the one named `control`, else the first. */
  readonly allocation: Readonly<Record<string, number>>;
  /** Units of all arms together at which the information fraction is 1. */
  readonly plannedUnits: number;
  readonly looks: "daily";
  /** Alpha spending `alpha * t^rho`, written `power:<rho>`. */
  readonly spending: string;
  readonly minDays: number;
  readonly maxDays: number;
  readonly minUnitsPerArm: number;
  readonly minConversionsPerArm: number;
  /** Events count up to this long after the first exposure of their unit. */
  readonly conversionWindowHours: number;
}

/**
 * The exact metric change that will count as success and the confidence required. Locked and hashed
 * before the first exposure; an edit afterwards is a new iteration.
 */
export interface Criterion {
  readonly version: 1;
  readonly hypothesis: string;
  /** What was randomized, for example `customer`. */
  readonly unit: string;
  readonly primary: PrimaryMetric;
  readonly secondary?: readonly SecondaryMetric[];
  readonly guardrails: readonly GuardrailMetric[];
  readonly design: Design;
  readonly validity: { readonly srmAlpha: number; readonly maxCrossExposure: number };
  readonly iteration: number;
  readonly maxIterations: number;
}

/** One broken rule of a criterion, by JSON pointer. */
export interface CriterionFault {
  readonly pointer: string;
  readonly detail: string;
}

const SHARE_TOLERANCE = 1e-9;

const CONTROL = "control";

/** The variant that all others are compared with: the one named `control`, else the first. */
export function controlOf(criterion: Criterion): string {
  const arms = Object.keys(criterion.design.allocation);
  return arms.includes(CONTROL) ? CONTROL : (arms[0] ?? "");
}

/** The variants under test, in the order of the allocation. */
export function treatmentsOf(criterion: Criterion): readonly string[] {
  const control = controlOf(criterion);
  return Object.keys(criterion.design.allocation).filter((arm) => arm !== control);
}

/** Every metric of a criterion once, primary first. */
export function metricKeysOf(criterion: Criterion): readonly string[] {
  const keys = [
    criterion.primary.metric,
    ...(criterion.secondary ?? []).map(({ metric }) => metric),
    ...criterion.guardrails.map(({ metric }) => metric),
  ];
  return [...new Set(keys)];
}

/** Rho of the power family, `alpha(t) = alpha * t^rho`; 3 where the text is unreadable. */
export function spendingRho(criterion: Criterion): number {
  const rho = Number(/^power:(\d+(?:\.\d+)?)$/.exec(criterion.design.spending)?.[1]);
  return Number.isFinite(rho) && rho > 0 ? rho : 3;
}

type Check = readonly [broken: boolean, pointer: string, detail: string];

function designChecks({ design, primary }: Criterion): readonly Check[] {
  const shares = Object.values(design.allocation);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return [
    [shares.length < 2, "/design/allocation", "needs a control and at least one treatment"],
    [
      Object.keys(design.allocation).some((arm) => /^\d+$/.test(arm)),
      "/design/allocation",
      "an arm's name must not be a whole number: such names lose their order, and the first arm is the control",
    ],
    [shares.some((share) => !(share > 0)), "/design/allocation", "every arm needs a share above 0"],
    [
      Math.abs(total - 1) > SHARE_TOLERANCE,
      "/design/allocation",
      `the shares must sum to 1, not ${total}`,
    ],
    [design.plannedUnits < 2, "/design/plannedUnits", "must be at least 2"],
    [design.minDays < 1, "/design/minDays", "must be at least 1"],
    [design.maxDays < design.minDays, "/design/maxDays", "must not be below minDays"],
    [
      design.maxDays > 28,
      "/design/maxDays",
      "a sprint's run lasts at most 28 days; a longer one is a marathon",
    ],
    [
      !/^power:\d+(?:\.\d+)?$/.test(design.spending),
      "/design/spending",
      "must be `power:<rho>`, for example `power:3`",
    ],
    [
      !(primary.mde > primary.successAtLeast),
      "/primary/mde",
      "must exceed successAtLeast: power is computed at their difference",
    ],
  ];
}

function inside(value: number): boolean {
  return value > 0.5 && value < 1;
}

function metricChecks(criterion: Criterion): readonly Check[] {
  const { primary, guardrails, validity } = criterion;
  const keys = [primary.metric, ...guardrails.map(({ metric }) => metric)];
  return [
    [primary.metric === "", "/primary/metric", "is required"],
    [
      new Set(keys).size < keys.length,
      "/guardrails",
      "a metric has one role: primary or one guardrail",
    ],
    [!inside(primary.confidence), "/primary/confidence", "must lie between 0.5 and 1"],
    [!inside(primary.power), "/primary/power", "must lie between 0.5 and 1"],
    ...guardrails.map(({ margin }, index): Check => [
      !(margin > 0),
      `/guardrails/${index}/margin`,
      "must be above 0: the largest harm that you accept",
    ]),
    ...guardrails.map(({ confidence }, index): Check => [
      !inside(confidence),
      `/guardrails/${index}/confidence`,
      "must lie between 0.5 and 1",
    ]),
    [
      !(validity.srmAlpha > 0 && validity.srmAlpha <= 0.05),
      "/validity/srmAlpha",
      "must lie above 0 and not above 0.05",
    ],
    [
      !(validity.maxCrossExposure > 0 && validity.maxCrossExposure <= 0.1),
      "/validity/maxCrossExposure",
      "must lie above 0 and not above 0.1",
    ],
    [
      criterion.hypothesis.trim().length < 10,
      "/hypothesis",
      "must say in a sentence what you expect and why",
    ],
    [
      criterion.iteration < 1 || criterion.iteration > criterion.maxIterations,
      "/iteration",
      "must lie between 1 and maxIterations; one more iteration makes it a marathon",
    ],
  ];
}

/** Checks a well-typed criterion against the rules that a schema cannot say; names every fault. */
export function checkCriterion(criterion: Criterion): Result<Criterion, readonly CriterionFault[]> {
  const faults = [...metricChecks(criterion), ...designChecks(criterion)]
    .filter(([broken]) => broken)
    .map(([, pointer, detail]) => ({ pointer, detail }));
  return faults.length === 0 ? ok(criterion) : err(faults);
}
