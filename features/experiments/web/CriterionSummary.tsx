import { Card, KeyValues, formatNumber, formatPercent } from "@paceline/web-kit";

import type { CriterionDocument, ExperimentDetail } from "../api.ts";
import { formatEffect } from "./words.ts";

const shareDigits = 2;
const consequences = {
  rollback: "rolls back",
  hold: "holds the exposure",
  warn: "warns",
} as const satisfies Record<CriterionDocument["guardrails"][number]["onBreach"], string>;

/** A criterion in words: what counts as success, what must not happen, and how the run is built. */
export function CriterionSummary(props: { experiment: ExperimentDetail }) {
  const { criterion, metrics } = props.experiment;
  const { primary, guardrails, secondary = [], design, validity } = criterion;
  const metricOf = (key: string) =>
    metrics.find((metric) => metric.key === key) ?? { name: key, format: "number" };
  const sign = primary.direction === "increase" ? 1 : -1;
  const size = (value: number) =>
    formatEffect(sign * value, primary.scale, metricOf(primary.metric));
  return (
    <Card title="Criterion" note="as it was locked">
      <KeyValues
        items={[
          { key: "Hypothesis", value: criterion.hypothesis },
          {
            key: "Success",
            value: `${metricOf(primary.metric).name} changes by more than ${size(primary.successAtLeast)}, at ${formatPercent(primary.confidence, 0)} confidence; planned for ${size(primary.mde)} with ${formatPercent(primary.power, 0)} power`,
          },
          {
            key: "Guardrails",
            value:
              guardrails.length === 0 ? (
                "none"
              ) : (
                <ul>
                  {guardrails.map(({ metric, direction, scale, margin, onBreach }) => (
                    <li key={metric}>
                      {metricOf(metric).name} stays within{" "}
                      {formatEffect(
                        (direction === "increase" ? -1 : 1) * margin,
                        scale,
                        metricOf(metric),
                      )}
                      ; a breach {consequences[onBreach]}
                    </li>
                  ))}
                </ul>
              ),
          },
          ...(secondary.length === 0
            ? []
            : [
                {
                  key: "Also watched",
                  value: secondary.map(({ metric }) => metricOf(metric).name).join(", "),
                },
              ]),
          {
            key: "Arms",
            value: Object.entries(design.allocation)
              .map(([arm, share]) => `${arm} ${Number((share * 100).toFixed(shareDigits))}%`)
              .join(", "),
          },
          {
            key: "Sample",
            value: `${formatNumber(design.plannedUnits)} ${criterion.unit}s, at least ${formatNumber(design.minUnitsPerArm)} in each arm`,
          },
          {
            key: "Timebox",
            value: `${design.minDays} to ${design.maxDays} days, one look a day`,
          },
          {
            key: "Invalid if",
            value: `the sample ratio’s p is below ${validity.srmAlpha}, or more than ${formatPercent(validity.maxCrossExposure)} of ${criterion.unit}s see two variants`,
          },
        ]}
      />
    </Card>
  );
}
