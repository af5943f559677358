import { guardrailState } from "./noninferiority.ts";

export type Verdict = "invalid" | "rollback" | "continue" | "inconclusive" | "ship" | "iterate";

/** Why a verdict is what it is; see `rule` below. */
export type VerdictReason =
  | "srm"
  | "cross_exposure"
  | "guardrail_breached"
  | "primary_harm"
  | "minimums_not_met"
  | "criterion_met"
  | "criterion_out_of_reach"
  | "undecided"
  | "guardrail_worse_not_shown_tolerable"
  | "positive_but_criterion_or_guardrail_unproven"
  | "no_decision_in_timebox";

/** An interval oriented so that larger is better. */
export interface OrientedInterval {
  readonly lower: number;
  readonly upper: number;
}

/** All that a verdict depends on. */
export interface Evidence {
  readonly primary: OrientedInterval;
  readonly successAtLeast: number;
  readonly guardrails: readonly (OrientedInterval & { readonly margin: number })[];
  /** Null where the split could not be tested. */
  readonly srmP: number | null;
  readonly srmAlpha: number;
  /** Share of units that saw more than one variant. */
  readonly crossExposure: number;
  readonly maxCrossExposure: number;
  readonly minimumsMet: boolean;
  readonly timeboxOver: boolean;
  readonly iteration: number;
  readonly maxIterations: number;
}

/** A verdict with its reasons. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly VerdictReason[];
  /** The last allowed iteration ended without success: the change belongs in a marathon. */
  readonly escalateToMarathon: boolean;
}

type Ruling = readonly [Verdict, ...VerdictReason[]];

function present(...reasons: readonly (VerdictReason | false)[]): readonly VerdictReason[] {
  return reasons.filter((reason) => reason !== false);
}

function rule(evidence: Evidence): Ruling {
  const { primary, successAtLeast, timeboxOver } = evidence;
  const states = evidence.guardrails.map(({ lower, upper, margin }) =>
    guardrailState(lower, upper, margin),
  );
  const invalid = present(
    evidence.srmP !== null && evidence.srmP < evidence.srmAlpha && "srm",
    evidence.crossExposure >= evidence.maxCrossExposure && "cross_exposure",
  );
  if (invalid.length > 0) return ["invalid", ...invalid];
  const harm = present(
    states.includes("breached") && "guardrail_breached",
    primary.upper < 0 && "primary_harm",
  );
  if (harm.length > 0) return ["rollback", ...harm];
  if (!evidence.minimumsMet) {
    return [timeboxOver ? "inconclusive" : "continue", "minimums_not_met"];
  }
  if (primary.lower > successAtLeast && states.every((state) => state === "pass")) {
    return ["ship", "criterion_met"];
  }
  if (primary.upper < successAtLeast) return ["iterate", "criterion_out_of_reach"];
  if (!timeboxOver) return ["continue", "undecided"];
  if (states.includes("worse")) return ["rollback", "guardrail_worse_not_shown_tolerable"];
  if (primary.lower > 0) return ["iterate", "positive_but_criterion_or_guardrail_unproven"];
  return ["inconclusive", "no_decision_in_timebox"];
}

/** The verdict: a pure function of intervals, validity and clock. */
export function judge(evidence: Evidence): Judgement {
  const [verdict, ...reasons] = rule(evidence);
  const unfinished = verdict === "iterate" || verdict === "inconclusive";
  return {
    verdict,
    reasons,
    escalateToMarathon: unfinished && evidence.iteration >= evidence.maxIterations,
  };
}
