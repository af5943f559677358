import type { AnalysisDocument, MetricResultDocument } from "../api.ts";
import type { Analysis, ArmSummary, MetricResult } from "../domain/index.ts";

/** JSON has no infinities and no NaN: what is not finite is absent. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function armSummary({ n, value, variance }: ArmSummary): MetricResultDocument["control"] {
  return { n, value: finite(value), variance: finite(variance) };
}

function effect(result: MetricResult["absolute"]): MetricResultDocument["absolute"] {
  if ("undefined" in result) return { undefined: result.undefined };
  const { effect: difference, interval, p } = result;
  if (![difference, ...interval, p].every(Number.isFinite)) return { undefined: "not finite" };
  return { effect: difference, interval: [interval[0], interval[1]], p };
}

function metricResult(result: MetricResult): MetricResultDocument {
  const { sequential } = result;
  return {
    metric: result.metric,
    role: result.role,
    control: armSummary(result.control),
    treatment: armSummary(result.treatment),
    absolute: effect(result.absolute),
    relative: effect(result.relative),
    sequential:
      sequential === null
        ? null
        : {
            scale: sequential.scale,
            interval: [finite(sequential.interval[0]), finite(sequential.interval[1])],
            z: sequential.z,
            alphaSpent: sequential.alphaSpent,
          },
    state: result.state,
  };
}

/** The analysis as it is stored, audited and sent: the same numbers everywhere. */
export function analysisDocument(analysis: Analysis): AnalysisDocument {
  return {
    verdict: analysis.verdict,
    reason: analysis.reason,
    arms: analysis.arms.map(({ arm, verdict, reason, metrics }) => ({
      arm,
      verdict,
      reason,
      metrics: metrics.map(metricResult),
    })),
    look: analysis.look,
    informationFraction: analysis.informationFraction,
    alphaSpent: analysis.alphaSpent,
    z: finite(analysis.z),
    srm: {
      p: finite(analysis.srm.p),
      observed: { ...analysis.srm.observed },
      expected: { ...analysis.srm.expected },
    },
    crossExposure: { ...analysis.crossExposure },
    unmetMinimums: [...analysis.unmetMinimums],
    timeboxOver: analysis.timeboxOver,
  };
}
