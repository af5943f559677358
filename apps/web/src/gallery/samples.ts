import type { Bar, LiftPoint } from "@paceline/web-kit";

const dayMs = 86_400_000;
const firstDay = Date.UTC(2026, 10, 8);
export const nowMs = firstDay + 15 * dayMs;

/** Sixteen days of an effect that settles at +4.8% while its interval narrows. */
export const settling: readonly LiftPoint[] = Array.from({ length: 16 }, (_, day) => {
  const effect = 0.048 + 0.09 * Math.cos(day * 1.35) * Math.exp(-day / 3.2);
  const half = 0.026 + 0.2 * Math.exp(-day / 2.6);
  return { at: firstDay + day * dayMs, effect, low: effect - half, high: effect + half };
});

/** The same experiment five days in: nothing can be said yet. */
export const unsettled: readonly LiftPoint[] = settling.slice(0, 6);

/** A change that hurts. */
export const hurting: readonly LiftPoint[] = settling.map((point) => ({
  at: point.at,
  effect: -point.effect,
  low: -point.high,
  high: -point.low,
}));

export const stages = [
  { at: firstDay, label: "2% traffic" },
  { at: firstDay + 2 * dayMs, label: "10% traffic" },
  { at: firstDay + 4 * dayMs, label: "25% traffic" },
  { at: firstDay + 6 * dayMs, label: "50% traffic" },
];

export const volumes: readonly Bar[] = Array.from({ length: 48 }, (_, hour) => ({
  at: firstDay + hour * 3_600_000,
  value: Math.round(5_200 + 4_100 * Math.sin(((hour - 8) / 24) * 2 * Math.PI)),
  bad: hour === 30 ? 1_400 : hour % 11 === 0 ? 120 : 0,
}));

export type MetricRow = {
  readonly name: string;
  readonly role: string;
  readonly group: string;
  readonly control: string;
  readonly treatment: string;
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  readonly margin?: number;
  readonly standing: "wins" | "no-clear-change" | "holds" | "breached";
};

export const metrics: readonly MetricRow[] = [
  {
    name: "Orders per checkout start",
    role: "Primary",
    group: "Success",
    control: "31.4%",
    treatment: "32.9%",
    effect: 0.048,
    low: 0.023,
    high: 0.074,
    standing: "wins",
  },
  {
    name: "Average order value",
    role: "Secondary",
    group: "Success",
    control: "€64.10",
    treatment: "€64.52",
    effect: 0.007,
    low: -0.012,
    high: 0.026,
    standing: "no-clear-change",
  },
  {
    name: "Refund rate, 14 days",
    role: "",
    group: "Guardrails, with the largest harm you accept",
    control: "3.12%",
    treatment: "3.09%",
    effect: -0.01,
    low: -0.041,
    high: 0.021,
    margin: 0.05,
    standing: "holds",
  },
  {
    name: "p75 page load",
    role: "",
    group: "Guardrails, with the largest harm you accept",
    control: "1.84 s",
    treatment: "2.01 s",
    effect: 0.091,
    low: 0.07,
    high: 0.11,
    margin: 0.03,
    standing: "breached",
  },
];
