import { formatNumber, formatPercent } from "@paceline/web-kit";

import type { ExperimentDetail, MonitorState } from "../../api.ts";
import { unitsOf } from "../evidence.ts";

export type Check = {
  readonly key: string;
  readonly name: string;
  readonly tone: "positive" | "negative" | "caution" | "plain";
  readonly value: string;
  /** What it means, and where the limit is. */
  readonly words: string;
};

const leastP = 1e-4;

function pWords(p: number): string {
  return p < leastP ? "p < 0.0001" : `p = ${p.toPrecision(2)}`;
}

/** What must hold for the numbers to mean anything, from the newest look. */
export function healthChecks(
  { criterion, looks }: ExperimentDetail,
  monitor: MonitorState | null | undefined,
): readonly Check[] {
  const analysis = looks.at(-1)?.analysis;
  const { srmAlpha, maxCrossExposure } = criterion.validity;
  if (analysis === undefined) {
    return [
      {
        key: "srm",
        name: "Sample ratio",
        tone: "plain",
        value: "after the first look",
        words: `The arms must fit the planned split; a p value below ${srmAlpha} makes the run invalid.`,
      },
    ];
  }
  const { srm, crossExposure } = analysis;
  const total = unitsOf(analysis);
  const split = Object.keys(criterion.design.allocation)
    .map((arm) => formatNumber((100 * (srm.observed[arm] ?? 0)) / Math.max(1, total), 1))
    .join(" / ");
  const crossed = crossExposure.share > maxCrossExposure;
  const mismatch = srm.p !== null && srm.p < srmAlpha;
  return [
    {
      key: "srm",
      name: "Sample ratio",
      tone: srm.p === null ? "plain" : mismatch ? "negative" : "positive",
      value: srm.p === null ? "no units yet" : `${split}, ${pWords(srm.p)}`,
      words: `The arms must fit the planned split; a p value below ${srmAlpha} makes the run invalid.`,
    },
    {
      key: "cross",
      name: "Double exposure",
      tone: crossed ? "negative" : "positive",
      value: `${formatPercent(crossExposure.share, 2)} of ${criterion.unit}s`,
      words: `${formatNumber(crossExposure.units)} saw more than one variant and are left out; above ${formatPercent(maxCrossExposure)} the run is invalid.`,
    },
    {
      key: "minimums",
      name: "Minimums",
      tone: analysis.unmetMinimums.length === 0 ? "positive" : "caution",
      value: analysis.unmetMinimums.length === 0 ? "all met" : "not met yet",
      words:
        analysis.unmetMinimums.length === 0
          ? "Days, units and conversions are at least what the criterion asks for."
          : `${analysis.unmetMinimums.join("; ")}.`,
    },
    ...(monitor == null ? [] : [monitorCheck(monitor)]),
  ];
}

function monitorCheck(monitor: MonitorState): Check {
  const calm = monitor.action === "none";
  return {
    key: "monitor",
    name: "Guardrail monitor",
    tone: calm ? "positive" : monitor.action === "hold" ? "caution" : "negative",
    value: calm ? "nothing found" : monitor.action,
    words: monitor.reason,
  };
}
