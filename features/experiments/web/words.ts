import {
  formatLift,
  formatMoney,
  formatNumber,
  formatPercent,
  formatPoints,
  formatSigned,
} from "@paceline/web-kit";

import type { MetricDocument } from "../api.ts";

export type Scale = "absolute" | "relative";
type Format = Pick<MetricDocument, "format">;

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
