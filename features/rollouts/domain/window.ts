import { RRuleTemporal } from "rrule-temporal";

import { durationMs } from "./duration.ts";
import { instantMs, localMs } from "./local-time.ts";
import type { PlanWindow } from "./plan.ts";

/** Whether stages may begin at an instant. */
export interface WindowState {
  readonly isOpen: boolean;
  /** Why not, in words; null while open. */
  readonly reason: string | null;
  /** When to look again; null if nothing will ever change. */
  readonly changesAt: Date | null;
}

interface Occurrence {
  readonly startsMs: number;
  readonly endsMs: number;
}

const HOUR_MS = 3_600_000;
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;
/** Overlapping occurrences before the newest one that may still last. */
const MOST_OVERLAPS = 1_000;

/**
 * The rule on the wall clock, written as if that were UTC: RFC 5545 drops an occurrence at a local time
 * that daylight saving skips, and a freeze must not fall out.
 */
function ruleOf({ startsAt, recurrence }: PlanWindow): RRuleTemporal {
  const digits = startsAt.replaceAll(/[-:]/g, "");
  const rule = recurrence ?? "FREQ=DAILY;COUNT=1";
  return new RRuleTemporal({ rruleString: `DTSTART;TZID=UTC:${digits}00\nRRULE:${rule}` });
}

function wallClock({ timeZone }: PlanWindow, now: Date): Date {
  return new Date(localMs(now.getTime(), timeZone));
}

/** The occurrence under way at an instant, or null. */
function occurrenceAt(window: PlanWindow, now: Date): Occurrence | null {
  const lastsMs = durationMs(window.lasts) ?? 0;
  const start = ruleOf(window).previous(wallClock(window, now), true);
  if (start === null) return null;
  const startsMs = instantMs(start.epochMilliseconds, window.timeZone);
  const endsMs = startsMs + lastsMs;
  return startsMs <= now.getTime() && endsMs > now.getTime() ? { startsMs, endsMs } : null;
}

function nextStart(window: PlanWindow, now: Date): Date | null {
  const next = ruleOf(window).next(wallClock(window, now), false);
  if (next === null) return null;
  const startsMs = instantMs(next.epochMilliseconds, window.timeZone);
  // The wall clock was set back in between: it has begun already, and the one after is the next.
  return startsMs > now.getTime() ? new Date(startsMs) : new Date(now.getTime() + HOUR_MS);
}

function earliest(instants: readonly (Date | null)[]): Date | null {
  const known = instants.flatMap((at) => (at === null ? [] : [at.getTime()]));
  return known.length === 0 ? null : new Date(Math.min(...known));
}

/** The end of a freeze, with the occurrences that begin before the last one has ended. */
function freezeEnd(window: PlanWindow, first: Occurrence): Date {
  let endsMs = first.endsMs;
  for (let n = 0; n < MOST_OVERLAPS; n += 1) {
    const next = occurrenceAt(window, new Date(endsMs));
    if (next === null || next.endsMs <= endsMs) break;
    endsMs = next.endsMs;
  }
  return new Date(endsMs);
}

/** Whether stages may begin now: inside an `open` window, where there are any, and in no freeze. */
export function windowState(windows: readonly PlanWindow[], now: Date): WindowState {
  const freezes = windows.filter(({ kind }) => kind === "freeze");
  for (const freeze of freezes) {
    const under = occurrenceAt(freeze, now);
    if (under === null) continue;
    return {
      isOpen: false,
      reason: `the freeze "${freeze.name}" lasts`,
      changesAt: freezeEnd(freeze, under),
    };
  }
  const opens = windows.filter(({ kind }) => kind === "open");
  const under = opens.flatMap((window) => occurrenceAt(window, now) ?? []);
  if (opens.length > 0 && under.length === 0) {
    const names = opens.map(({ name }) => `"${name}"`).join(", ");
    return {
      isOpen: false,
      reason: `it is outside of ${names}`,
      changesAt: earliest(opens.map((window) => nextStart(window, now))),
    };
  }
  const ends = under.map(({ endsMs }) => new Date(endsMs));
  const next = freezes.map((freeze) => nextStart(freeze, now));
  return { isOpen: true, reason: null, changesAt: earliest([...ends, ...next]) };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** What is wrong with a window, by field; empty when it can be used. */
export function windowFaults(
  window: PlanWindow,
): readonly { readonly field: string; readonly detail: string }[] {
  const faults: { field: string; detail: string }[] = [];
  const isLocal = LOCAL.test(window.startsAt);
  if (!isLocal) {
    faults.push({ field: "startsAt", detail: "must be a local date and time, 2026-11-30T09:00" });
  }
  if (!isTimeZone(window.timeZone)) {
    faults.push({ field: "timeZone", detail: "must be an IANA name such as Europe/Berlin" });
  }
  if ((durationMs(window.lasts) ?? 0) <= 0) {
    faults.push({ field: "lasts", detail: "must be an ISO 8601 duration such as PT8H" });
  }
  if (faults.length > 0) return faults;
  try {
    ruleOf(window).next(new Date(0), true);
  } catch {
    const field = window.recurrence === null ? "startsAt" : "recurrence";
    faults.push({
      field,
      detail: "must be an RFC 5545 recurrence such as FREQ=WEEKLY;BYDAY=MO,TU",
    });
  }
  return faults;
}
