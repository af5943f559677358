import type { GuardAction, GuardReading } from "./guard.ts";

/** What a rule found, before it is said of which guard and when. */
export type Judged = Pick<GuardReading, "verdict" | "reason" | "numbers">;

type Numbers = GuardReading["numbers"];

export function pass(reason: string, numbers: Numbers): Judged {
  return { verdict: "pass", reason, numbers };
}

/** Too little, late or unreadable data. */
export function noData(reason: string, numbers: Numbers = {}): Judged {
  return { verdict: "no-data", reason, numbers };
}

export function broken(action: GuardAction, reason: string, numbers: Numbers): Judged {
  return { verdict: action, reason, numbers };
}

/** A duration as people say it: `90 s`, `5 min`, `3 h`. */
export function duration(seconds: number): string {
  if (seconds >= 7_200) return `${Math.round(seconds / 3_600)} h`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
}

/** A number as short as a sentence needs it. */
export function shown(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });
}
