import { formatDuration, formatNumber } from "@paceline/web-kit/format";

import type { EventMetricSource } from "../../domain/guard.ts";
import { numberWords, shareWords } from "../plan-words.ts";

const dayMs = 86_400_000;
const longestDays = 999;
const preciseDigits = 3;

/** The accepted harm: "5%" of the control's value, or a number in the metric's own unit. */
export function marginWords({
  scale,
  margin,
}: Pick<EventMetricSource, "scale" | "margin">): string {
  const rounded = Number(margin.toPrecision(preciseDigits));
  return scale === "relative" ? shareWords(rounded) : numberWords(rounded);
}

/** How long so many days are; null stands for no traffic. */
export function daysWords(days: number | null): string {
  if (days === null) return "no traffic";
  if (days > longestDays) return `over ${longestDays} days`;
  return days < 1
    ? formatDuration(Math.max(60_000, days * dayMs))
    : `${formatNumber(days, days < 100 ? 1 : 0)} days`;
}
