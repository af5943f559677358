import { judge, sampleRatio } from "@paceline/stats";
import type { Judgement } from "@paceline/stats";

import type {
  Analysis,
  AnalysisInput,
  ArmResult,
  ExperimentStatistics,
  Verdict,
} from "./analysis-types.ts";
import { controlOf, treatmentsOf } from "./criterion.ts";
import type { Criterion } from "./criterion.ts";
import { boundariesAt, placeLook } from "./look-schedule.ts";
import type { BoundaryOf, LookPosition } from "./look-schedule.ts";
import { judgeGuardrail, judgePrimary, judgeSecondary } from "./metric-results.ts";
import type { Bounds, Judged } from "./metric-results.ts";
import { unmetMinimums } from "./minimums.ts";
import { explain, explainRun } from "./reason.ts";

/**
 * Sample ratio of a run against its plan. Units in a variant without a share are a fault of the
 * assignment itself: p is 0. Without any units p is NaN.
 */
function splitOf(criterion: Criterion, statistics: ExperimentStatistics): Analysis["srm"] {
  const { allocation } = criterion.design;
  const arms = [...new Set([...Object.keys(allocation), ...Object.keys(statistics.units)])];
  const counts = arms.map((arm) => statistics.units[arm] ?? 0);
  const shares = arms.map((arm) => allocation[arm] ?? 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const tested = sampleRatio(counts, shares);
  const p =
    "undefined" in tested
      ? tested.undefined === "units_in_zero_weight_arm"
        ? 0
        : Number.NaN
      : tested.p;
  return {
    p,
    observed: Object.fromEntries(arms.map((arm, index) => [arm, counts[index] ?? 0])),
    expected: Object.fromEntries(arms.map((arm, index) => [arm, total * (shares[index] ?? 0)])),
  };
}

/** Units that saw more than one variant, and their share of all units. */
export function crossExposureOf({
  units,
  crossExposedUnits,
}: ExperimentStatistics): Analysis["crossExposure"] {
  const all = Object.values(units).reduce((sum, count) => sum + count, 0) + crossExposedUnits;
  return { units: crossExposedUnits, share: all === 0 ? 0 : crossExposedUnits / all };
}

/**
 * Holm over arms, as sequential tests allow it: each arm starts with its share of alpha; an arm whose
 * interval excludes `successAtLeast` is settled and leaves its share to the others.
 */
function judgePrimaries(
  { criterion, statistics }: AnalysisInput,
  boundaryOf: BoundaryOf,
): Readonly<Record<string, Judged>> {
  const { confidence, successAtLeast } = criterion.primary;
  const control = statistics.arms[controlOf(criterion)];
  const settled: Record<string, Judged> = {};
  let open = treatmentsOf(criterion);
  while (open.length > 0) {
    const alpha = (1 - confidence) / open.length;
    const tested = open.map(
      (arm) =>
        [arm, judgePrimary(criterion, control, statistics.arms[arm], boundaryOf, alpha)] as const,
    );
    const isSettled = ({ lower, upper }: Bounds) =>
      lower > successAtLeast || upper < successAtLeast;
    const next = tested.filter(([, { bounds }]) => !isSettled(bounds)).map(([arm]) => arm);
    const done =
      next.length === open.length ? tested : tested.filter(([arm]) => !next.includes(arm));
    Object.assign(settled, Object.fromEntries(done));
    open = next.length === open.length ? [] : next;
  }
  return settled;
}

interface RunState {
  readonly input: AnalysisInput;
  readonly position: LookPosition;
  readonly boundaryOf: BoundaryOf;
  readonly srm: Analysis["srm"];
  readonly crossExposure: Analysis["crossExposure"];
}

/** A guardrail that must not roll back by itself can still keep a change from shipping. */
function verdictBounds(bounds: Bounds, onBreach: "rollback" | "hold" | "warn"): Bounds {
  return onBreach === "rollback" ? bounds : { lower: bounds.lower, upper: Infinity };
}

function judgeArm(
  { input, position, srm, crossExposure }: RunState,
  primary: Judged,
  guardrails: readonly Judged[],
  unmet: readonly string[],
): Judgement {
  const { criterion } = input;
  return judge({
    primary: primary.bounds,
    successAtLeast: criterion.primary.successAtLeast,
    guardrails: guardrails.map(({ bounds }, index) => {
      const rule = criterion.guardrails[index];
      return { ...verdictBounds(bounds, rule?.onBreach ?? "rollback"), margin: rule?.margin ?? 0 };
    }),
    srmP: Number.isNaN(srm.p) ? null : srm.p,
    srmAlpha: criterion.validity.srmAlpha,
    crossExposure: crossExposure.share,
    maxCrossExposure: criterion.validity.maxCrossExposure,
    minimumsMet: unmet.length === 0,
    timeboxOver: position.timeboxOver,
    iteration: criterion.iteration,
    maxIterations: criterion.maxIterations,
  });
}

function armResult(state: RunState, arm: string, primary: Judged): ArmResult {
  const { input, boundaryOf, position } = state;
  const { criterion, statistics } = input;
  const control = statistics.arms[controlOf(criterion)];
  const treatment = statistics.arms[arm];
  const guardrails = criterion.guardrails.map((guardrail) =>
    judgeGuardrail(guardrail, criterion.guardrails.length, control, treatment, boundaryOf),
  );
  const unmet = unmetMinimums(criterion, arm, statistics, position);
  const judgement = judgeArm(state, primary, guardrails, unmet);
  return {
    arm,
    verdict: judgement.verdict,
    reason: explain({
      criterion,
      judgement,
      primary,
      guardrails,
      unmet,
      position,
      srm: state.srm,
      crossExposure: state.crossExposure,
    }),
    metrics: [
      primary.result,
      ...judgeSecondary(criterion, control, treatment),
      ...guardrails.map(({ result }) => result),
    ],
  };
}

/** Which arm's verdict is the run's: a proven winner ends it, then harm, then whoever needs more time. */
const PRECEDENCE: readonly Verdict[] = [
  "invalid",
  "ship",
  "rollback",
  "continue",
  "iterate",
  "inconclusive",
];

/**
 * One look at an experiment: a pure function of the locked criterion, the sufficient statistics, the
 * clock and the look log.
 *
 * Two kinds of interval come out and must not be confused. `absolute` and `relative` are the ordinary
 * fixed-sample intervals (Welch, delta method) at the criterion's confidence, for one look only; anybody
 * can recompute them from the raw file. `sequential.interval` is wider, holds over all looks together,
 * and is the one that decides, on the criterion's scale.
 */
export function analyze(input: AnalysisInput): Analysis {
  const { criterion, statistics, pastLooks, startedAt, now } = input;
  const units = Object.values(statistics.units).reduce((sum, count) => sum + count, 0);
  const position = placeLook({ criterion, units, startedAt, now, pastLooks });
  const boundaryOf = boundariesAt(criterion, position, pastLooks);
  const srm = splitOf(criterion, statistics);
  const crossExposure = crossExposureOf(statistics);
  const state: RunState = { input, position, boundaryOf, srm, crossExposure };
  const primaries = judgePrimaries(input, boundaryOf);
  const arms = Object.entries(primaries)
    .map(([arm, primary]) => armResult(state, arm, primary))
    .toSorted(
      (a, b) => treatmentsOf(criterion).indexOf(a.arm) - treatmentsOf(criterion).indexOf(b.arm),
    );
  const verdict = PRECEDENCE.find((one) => arms.some((arm) => arm.verdict === one)) ?? "continue";
  const alpha = 1 - criterion.primary.confidence;
  const unmet = treatmentsOf(criterion).flatMap((arm) =>
    unmetMinimums(criterion, arm, statistics, position),
  );
  return {
    verdict,
    reason: explainRun(verdict, arms),
    arms,
    look: position.look,
    informationFraction: position.informationFraction,
    alphaSpent: boundaryOf(alpha, 2).cumulativeAlpha,
    z: boundaryOf(alpha / Math.max(1, arms.length), 2).z,
    srm,
    crossExposure,
    unmetMinimums: [...new Set(unmet)],
    timeboxOver: position.timeboxOver,
  };
}
