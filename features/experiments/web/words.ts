import {
  formatLift,
  formatMoney,
  formatNumber,
  formatPercent,
  formatPoints,
  formatSigned,
} from "@paceline/web-kit";

import type { ExperimentSummary, MetricDocument } from "../api.ts";

export type Scale = "absolute" | "relative";
type Format = Pick<MetricDocument, "format">;

const dayMs = 86_400_000;

function places(value: number): number {
  const size = Math.abs(value);
  if (size >= 1000) return 0;
  return size >= 1 || size === 0 ? 2 : Math.min(5, 1 - Math.floor(Math.log10(size)));
}

function sharePlaces(share: number): number {
  return Math.abs(share) < 0.01 ? 2 : 1;
}

/** A metric's value in its own format: "10.6%", "$1.25", "0.041". */
export function formatValue(value: number | null, { format }: Format): string {
  if (value === null) return "–";
  if (format === "percent") return formatPercent(value, sharePlaces(value));
  if (format.startsWith("currency:")) return formatMoney(value, format.slice("currency:".length));
  return formatNumber(value, places(value));
}

/** A change of a metric on a scale: "+4.8%", "+0.51 pp", "+$0.25". */
export function formatEffect(value: number, scale: Scale, { format }: Format): string {
  if (scale === "relative") return formatLift(value);
  if (format === "percent") return formatPoints(value);
  if (!format.startsWith("currency:")) return formatSigned(value, places(value));
  const money = formatMoney(value, format.slice("currency:".length));
  return value > 0 ? `+${money}` : money;
}

/** Both ends of an interval; an open end is said. */
export function formatEnds(ends: readonly (number | null)[], scale: Scale, format: Format): string {
  const [low, high] = ends.map((end) => (end === null ? "open" : formatEffect(end, scale, format)));
  return `${low} to ${high}`;
}

/** "day 3 of 14" while it runs, "14 days" of a finished run; undefined before the start. */
export function dayWords(
  { startedAt, endsAt, state }: Pick<ExperimentSummary, "startedAt" | "endsAt" | "state">,
  now: number,
): string | undefined {
  if (startedAt === null || endsAt === null) return undefined;
  const start = Date.parse(startedAt);
  const all = Math.round((Date.parse(endsAt) - start) / dayMs);
  if (state !== "running") return `timebox of ${all} days`;
  const day = Math.min(all, Math.max(1, Math.floor((now - start) / dayMs) + 1));
  return `day ${day} of ${all}`;
}

export type Phase = "running" | "waiting" | "finished";

/** In which part of the list an experiment stands. */
export function phaseOf({ state }: Pick<ExperimentSummary, "state">): Phase {
  switch (state) {
    case "running":
      return "running";
    case "draft":
    case "locked":
      return "waiting";
    case "concluded":
    case "stopped":
      return "finished";
  }
}
