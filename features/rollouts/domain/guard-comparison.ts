import type { Statistic } from "@paceline/experiments/domain";
import { rolloutComparison } from "@paceline/flags/domain";

import { alphaOf, comparisonsOf, PLAN_ALPHA } from "./guard-alpha.ts";
import { noData, pass } from "./guard-judged.ts";
import type { Judged } from "./guard-judged.ts";
import { judgeMetric } from "./guard-metric.ts";
import { judgeMultipleExposure, judgeRatio } from "./guard-ratio.ts";
import type { GuardStatistics } from "./guard-statistics.ts";
import type {
  EventMetricSource,
  Guard,
  MultipleExposureSource,
  SampleRatioSource,
} from "./guard.ts";

/** A guard that compares exposed units with those held back. */
export interface ComparisonGuard extends Guard {
  readonly source: EventMetricSource | SampleRatioSource | MultipleExposureSource;
}

export function isComparisonGuard(guard: Guard): guard is ComparisonGuard {
  const { kind } = guard.source;
  return kind === "event-metric" || kind === "sample-ratio" || kind === "multiple-exposure";
}

/**
 * All guards that compare exposed units with those held back are read together: they share their
 * statistics and the alpha of the plan.
 */
export interface ComparisonInput {
  /** All guards of the plan: they share its alpha. */
  readonly guards: readonly Guard[];
  readonly stages: readonly { readonly exposureShare: number }[];
  readonly exposureShare: number;
  /** Null for a metric that the workspace does not have. */
  readonly statisticOf: (metric: string) => Statistic | null;
  readonly statistics: GuardStatistics;
  readonly planAlpha?: number;
}

/**
 * What one guard says of the exposed and held-back units of a stage. Where everybody is exposed it
 * says that it cannot say anything, and stops nothing: it is not missing data, there is none to come.
 */
export function judgeComparison(guard: ComparisonGuard, input: ComparisonInput): Judged {
  const { guards, stages, exposureShare, statistics, planAlpha = PLAN_ALPHA } = input;
  const { source, action } = guard;
  if (
    rolloutComparison("", exposureShare)?.controlParts === 0 &&
    source.kind !== "multiple-exposure"
  ) {
    const reason =
      "Everybody is exposed, so nobody is held back to compare with: only series, arrival and alert guards judge now.";
    return pass(reason, { isComparable: false });
  }
  if (source.kind === "multiple-exposure") {
    return judgeMultipleExposure(source, action, statistics);
  }
  const alpha = alphaOf(guards, action, comparisonsOf(stages), planAlpha);
  if (source.kind === "sample-ratio") {
    return judgeRatio({ action, statistics, exposureShare, alpha: alpha.ratio, planAlpha });
  }
  const statistic = input.statisticOf(source.metric);
  if (statistic === null) {
    return noData(`The workspace has no metric ${source.metric}; define it or change the guard.`);
  }
  return judgeMetric({ source, action, statistic, statistics, alpha: alpha.metric, planAlpha });
}
