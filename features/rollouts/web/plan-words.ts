import { formatDate, formatDuration, formatNumber, formatPercent } from "@paceline/web-kit/format";

import { durationMs } from "../domain/duration.ts";
import type { Guard, GuardEvents, GuardSource } from "../domain/guard.ts";
import type { Hold, PlanState, PlanWindow } from "../domain/plan.ts";

/** "1%", "12.5%", "0.05%": as many decimals as the share needs. */
export function shareWords(share: number): string {
  const digits = [0, 1, 2].find((count) => {
    const factor = 100 * 10 ** count;
    return Math.abs(Math.round(share * factor) - share * factor) < 1e-6;
  });
  return formatPercent(share, digits ?? 3);
}

/** An ISO 8601 duration in words, or as it is where it cannot be read. */
export function lengthWords(text: string): string {
  const length = durationMs(text);
  return length === null ? text : formatDuration(length);
}

/** "4 h, 500 exposed units, the yes of an owner and guards": everything that must be met. */
export function holdWords({ time, sample, approval, guards }: Hold): string {
  const parts = [
    ...(time === null ? [] : [lengthWords(time)]),
    ...(sample === null ? [] : [`${formatNumber(sample)} exposed units`]),
    ...(approval === null ? [] : [`the yes of ${withArticle(approval.by)}`]),
    ...(guards ? ["every guard read"] : []),
  ];
  return parts.length === 0 ? "nothing" : listWords(parts);
}

/** "an owner", "a marketer". */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/u.test(noun) ? "an" : "a"} ${noun}`;
}

export function listWords(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

/** A reason as people wrote it, with the full stop that they may have left out. */
export function sentence(words: string): string {
  return words === "" || /[.!?]$/u.test(words) ? words : `${words}.`;
}

export const stateNames = {
  draft: "Draft",
  armed: "Armed",
  running: "Running",
  holding: "Holding",
  paused: "Paused",
  completed: "Completed",
  "rolling-back": "Rolling back",
  "rolled-back": "Rolled back",
  aborted: "Ended early",
} as const satisfies Record<PlanState, string>;

/** Whether a rollout still moves or can: it holds its flag's lock then. */
export function isUnderWay(state: PlanState): boolean {
  return state === "running" || state === "holding" || state === "paused";
}

export const actionNames = {
  warn: "Warn",
  hold: "Hold the stage",
  "roll-back": "Roll back",
} as const satisfies Record<Guard["action"], string>;

function eventsWords({ type, event }: GuardEvents): string {
  return event ?? (type === null ? "all events" : `all ${type} events`);
}

function measureWords(source: Extract<GuardSource, { kind: "series-threshold" }>): string {
  const { measure, events, per, who } = source;
  const what =
    measure.of === "events"
      ? `${eventsWords(events)}`
      : measure.of === "units"
        ? `units with ${eventsWords(events)}`
        : `the ${measure.of} of ${measure.property} of ${eventsWords(events)}`;
  const rate = per === null ? "" : ` for each ${eventsWords(per)}`;
  return `${what}${rate}${who === "exposed" ? " among exposed units" : ""}`;
}

/** A number with the decimals that it has, three at most. */
export function numberWords(value: number): string {
  const digits = [0, 1, 2].find((count) => Math.abs(value - Number(value.toFixed(count))) < 1e-9);
  return formatNumber(value, digits ?? 3);
}

/** What a guard watches, as a sentence without its full stop. */
export function guardWords(source: GuardSource): string {
  switch (source.kind) {
    case "event-metric": {
      const harm = source.direction === "increase" ? "falls" : "rises";
      const by =
        source.scale === "relative" ? shareWords(source.margin) : numberWords(source.margin);
      return `Broken when ${source.metric} ${harm} by more than ${by} against the units held back`;
    }
    case "series-threshold":
      return `Broken while ${measureWords(source)} is ${source.comparison} ${source.threshold} for ${formatDuration(source.forSeconds * 1_000)}`;
    case "sample-ratio":
      return "Broken when exposed and held-back units do not come in the planned shares";
    case "no-data":
      return `Broken when ${eventsWords(source.events)} stop arriving for ${formatDuration(source.forSeconds * 1_000)}`;
    case "multiple-exposure":
      return `Broken when ${shareWords(source.maxShare)} of the units have seen two variants`;
    case "alert":
      return `Broken while an alert fires with ${listWords(
        source.matchers.map((matcher) =>
          matcher.operator === "in"
            ? `${matcher.label} one of ${matcher.values.join(", ")}`
            : `${matcher.label} ${matcher.operator === "equals" ? "=" : "≠"} ${matcher.value}`,
        ),
      )}`;
  }
}

const dayNames = {
  MO: "Mon",
  TU: "Tue",
  WE: "Wed",
  TH: "Thu",
  FR: "Fri",
  SA: "Sat",
  SU: "Sun",
} as const;

const everyNames: Readonly<Record<string, string>> = {
  DAILY: "every day",
  WEEKLY: "every week",
  MONTHLY: "every month",
  YEARLY: "every year",
};

/** A recurrence in words where it is a plain one, else the rule as it is written. */
export function recurrenceWords(recurrence: string | null): string {
  if (recurrence === null) return "once";
  const parts = new Map(
    recurrence.split(";").map((part) => {
      const [name = "", value = ""] = part.split("=");
      return [name.toUpperCase(), value.toUpperCase()];
    }),
  );
  const every = everyNames[parts.get("FREQ") ?? ""];
  const days = parts.get("BYDAY");
  if (every !== undefined && parts.size === 1) return every;
  if (parts.get("FREQ") === "WEEKLY" && parts.size === 2 && days !== undefined) {
    const names = days
      .split(",")
      .map((day) => Object.entries(dayNames).find(([key]) => key === day)?.[1]);
    const known = names.filter((name) => name !== undefined);
    if (known.length !== names.length) return `by the rule ${recurrence}`;
    const week = Object.values(dayNames).join();
    const isRun = known.length > 2 && week.includes(known.join());
    return `every ${isRun ? `${known[0]} to ${known.at(-1)}` : listWords(known)}`;
  }
  return `by the rule ${recurrence}`;
}

/**
 * "Stages may begin from 09:00 (Europe/Berlin) for 8 h, every Mon and Tue from 30 Nov 2026 on"; a
 * window of one time names its day first.
 */
export function windowWords({ kind, startsAt, timeZone, lasts, recurrence }: PlanWindow): string {
  const what = kind === "open" ? "Stages may begin" : "No stage begins";
  const [date = "", time = ""] = startsAt.split("T");
  const day = Number.isNaN(Date.parse(date)) ? date : formatDate(date, "UTC");
  const at = `${time.slice(0, "09:00".length)} (${timeZone}) for ${lengthWords(lasts)}`;
  return recurrence === null
    ? `${what} on ${day} from ${at}, once`
    : `${what} from ${at}, ${recurrenceWords(recurrence)} from ${day} on`;
}

const secondMs = 1_000;

/** "850 ms", "1.4 s": receipts are told apart by tenths. */
export function tookWords(tookMs: number): string {
  return tookMs < secondMs
    ? `${formatNumber(tookMs)} ms`
    : tookMs < 60 * secondMs
      ? `${formatNumber(tookMs / secondMs, 1)} s`
      : formatDuration(tookMs);
}
