import { adjustP, guardrailState } from "@paceline/stats";

import type { ArmMetric, MetricResult, MetricState, NotComputable } from "./analysis-types.ts";
import type { Criterion, Direction, GuardrailMetric } from "./criterion.ts";
import type { BoundaryOf } from "./look-schedule.ts";
import {
  armSummary,
  evidenceOf,
  fixedSampleEffect,
  intervalAt,
  oriented,
} from "./metric-evidence.ts";
import type { MetricEvidence } from "./metric-evidence.ts";

export type ArmMetrics = Readonly<Record<string, ArmMetric>> | undefined;

/** Oriented so that larger is better; open at both ends where nothing can be said. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

const UNKNOWN: Bounds = { lower: -Infinity, upper: Infinity };

/** A metric's result with the bounds that the verdict reads. */
export interface Judged {
  readonly result: MetricResult;
  readonly bounds: Bounds;
}

function shown(
  metric: string,
  role: MetricResult["role"],
  evidence: MetricEvidence,
  confidence: number,
): Omit<MetricResult, "sequential" | "state"> {
  return {
    metric,
    role,
    control: armSummary(evidence.control, evidence.controlUnits),
    treatment: armSummary(evidence.treatment, evidence.treatmentUnits),
    absolute: fixedSampleEffect(evidence, "absolute", confidence),
    relative: fixedSampleEffect(evidence, "relative", confidence),
  };
}

function effectState({ lower, upper }: Bounds): MetricState {
  return lower > 0 ? "wins" : upper < 0 ? "harm" : "no-clear-change";
}

/**
 * The primary metric of one arm at a look.
 *
 * @param alpha two-sided level of this arm: the criterion's, divided by Holm over arms
 */
export function judgePrimary(
  criterion: Criterion,
  control: ArmMetrics,
  treatment: ArmMetrics,
  boundaryOf: BoundaryOf,
  alpha: number,
): Judged {
  const { metric, statistic, scale, direction, confidence } = criterion.primary;
  const evidence = evidenceOf(statistic, control?.[metric], treatment?.[metric]);
  const { z, cumulativeAlpha } = boundaryOf(alpha, 2);
  const base = shown(metric, "primary", evidence, confidence);
  const found = intervalAt(evidence, scale, z, z);
  if ("undefined" in found) {
    return { result: { ...base, sequential: null, state: "undefined" }, bounds: UNKNOWN };
  }
  const bounds = oriented(found.interval, direction);
  const sequential = { scale, interval: found.interval, z, alphaSpent: cumulativeAlpha };
  return { result: { ...base, sequential, state: effectState(bounds) }, bounds };
}

/**
 * A guardrail at a look: non-inferiority by its margin, each end one-sided. The good end is at the
 * guardrail's full alpha, because shipping needs every guardrail to pass; the bad end shares alpha
 * with the other guardrails, because any one of them may roll back.
 */
export function judgeGuardrail(
  guardrail: GuardrailMetric,
  guardrailCount: number,
  control: ArmMetrics,
  treatment: ArmMetrics,
  boundaryOf: BoundaryOf,
): Judged {
  const { metric, statistic, scale, direction, confidence, margin } = guardrail;
  const evidence = evidenceOf(statistic, control?.[metric], treatment?.[metric]);
  const base = shown(metric, "guardrail", evidence, confidence);
  const alpha = 1 - confidence;
  const pass = boundaryOf(alpha, 1);
  const breach = boundaryOf(alpha / guardrailCount, 1);
  const found =
    direction === "increase"
      ? intervalAt(evidence, scale, pass.z, breach.z)
      : intervalAt(evidence, scale, breach.z, pass.z);
  if ("undefined" in found) {
    return { result: { ...base, sequential: null, state: "undefined" }, bounds: UNKNOWN };
  }
  const bounds = oriented(found.interval, direction);
  const sequential = {
    scale,
    interval: found.interval,
    z: pass.z,
    alphaSpent: pass.cumulativeAlpha,
  };
  const state = guardrailState(bounds.lower, bounds.upper, margin);
  return { result: { ...base, sequential, state }, bounds };
}

function pOf(effect: MetricResult["absolute"]): number {
  return "undefined" in effect ? Number.NaN : effect.p;
}

function exploratoryState(
  effect: MetricResult["absolute"] | NotComputable,
  adjusted: number,
  alpha: number,
  direction: Direction,
): MetricState {
  if ("undefined" in effect) return "undefined";
  if (!(adjusted <= alpha)) return "no-clear-change";
  return effect.effect > 0 === (direction === "increase") ? "wins" : "harm";
}

/** Secondary metrics: exploratory, Benjamini and Hochberg over them, never part of a verdict. */
export function judgeSecondary(
  criterion: Criterion,
  control: ArmMetrics,
  treatment: ArmMetrics,
): readonly MetricResult[] {
  const { confidence } = criterion.primary;
  const bases = (criterion.secondary ?? []).map(({ metric, statistic, direction }) => {
    const evidence = evidenceOf(statistic, control?.[metric], treatment?.[metric]);
    return { direction, base: shown(metric, "secondary", evidence, confidence) };
  });
  const tested = bases.map(({ base }) => pOf(base.absolute)).filter((p) => !Number.isNaN(p));
  const adjusted = [...adjustP(tested).benjaminiHochberg];
  return bases.map(({ base, direction }) => {
    const p = Number.isNaN(pOf(base.absolute)) ? Number.NaN : (adjusted.shift() ?? Number.NaN);
    const state = exploratoryState(base.absolute, p, 1 - confidence, direction);
    return { ...base, sequential: null, state };
  });
}
