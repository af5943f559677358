import type { Advance, Effect, EngineEvent, Timer } from "@paceline/workflow";

import { descentFrom, isDescentOver, nextStepAt, takeSteps } from "./descent.ts";
import type { DescentCause, DescentPace } from "./descent.ts";
import type { GuardReading } from "./guard.ts";
import {
  blockersOf,
  blockerWords,
  conditionAt,
  isDescending,
  isTimeOnly,
  presentStage,
  refusalOfEvent,
  timeOverAt,
} from "./stepper.ts";
import type { Blocker, PlanEvent, PlanRun } from "./stepper.ts";

type Answer = Advance<PlanRun>;

const MANUAL = { trigger: "manual" } as const;

function inside(name: string, input: Effect["input"]): Effect {
  return { name, where: "inside", input };
}

/** When to look again: when the time is over, or when a window that holds may open. */
function timersOf(run: PlanRun, now: Date): readonly Timer[] {
  if (isDescending(run) && run.descent) return [{ name: "step", at: nextStepAt(run.descent) }];
  if (run.state !== "running" && run.state !== "holding") return [];
  const blockers = blockersOf(run, now);
  const times = blockers.flatMap((blocker) => {
    if (blocker.kind !== "time" && blocker.kind !== "window") return [];
    return blocker.until === null ? [] : [Date.parse(blocker.until)];
  });
  // Time that is not over comes before a window: what is closed now may be open then.
  const over = timeOverAt(run);
  const wakeMs = over !== null && over > now ? over.getTime() : Math.min(...times);
  return Number.isFinite(wakeMs) ? [{ name: "look", at: new Date(wakeMs) }] : [];
}

function answer(run: PlanRun, effects: readonly Effect[], now: Date): Answer {
  const finished = ["completed", "rolled-back", "aborted"].includes(run.state);
  return { state: run, effects, timers: timersOf(run, now), finished };
}

/** Goes to the next stage; its time counts from when it should have begun, if time alone decided. */
function enterNext(run: PlanRun, now: Date): PlanRun {
  const before = presentStage(run);
  const over = timeOverAt(run);
  const stage = (run.stage ?? -1) + 1;
  const next = run.plan.stages[stage];
  const isMadeUp =
    before !== null && next !== undefined && isTimeOnly(run, before) && isTimeOnly(run, next);
  const clock = isMadeUp && over !== null && over < now ? over : now;
  return {
    ...run,
    stage,
    enteredAt: now.toISOString(),
    clockAt: clock.toISOString(),
    readings: [],
    exposedUnits: null,
    timeLetOff: false,
  };
}

function publishEffect(before: PlanRun, run: PlanRun): Effect {
  const stage = run.stage ?? 0;
  const when = conditionAt(run.plan, stage);
  return inside("publish", {
    stage,
    from: before.stage,
    exposureShare: run.plan.stages[stage]?.exposureShare ?? 0,
    ...(when === null ? {} : { when: JSON.parse(JSON.stringify(when)) }),
  });
}

/** Holding is what guards, windows and missing data do; waiting for time, people or units is running. */
function isHolding(blockers: readonly Blocker[]): boolean {
  const guards = blockers.filter(({ kind }) => kind === "guard");
  const stops = guards.some((blocker) => blocker.kind === "guard" && blocker.verdict === "hold");
  // Until the rest is met, a guard that is silent or a closed window keeps nothing back.
  return (
    stops ||
    (blockers.length > 0 && blockers.every(({ kind }) => kind === "guard" || kind === "window"))
  );
}

function rest(run: PlanRun, blockers: readonly Blocker[]): PlanRun {
  if (!isHolding(blockers)) return { ...run, state: "running", reason: null };
  const reason = blockers
    .filter(({ kind }) => kind === "guard" || kind === "window")
    .map(blockerWords)
    .join("; ");
  return { ...run, state: "holding", reason };
}

/** Ends the plan with the flag's way back; `first` takes the flag back unless that has happened already. */
function rollBack(run: PlanRun, reason: string, first: readonly Effect[], now: Date): Answer {
  const effects: readonly Effect[] = [
    ...first,
    inside("end", { outcome: "rolled-back", reason }),
    { name: "verify", where: "after", input: {} },
  ];
  return answer({ ...run, state: "rolling-back", reason, descent: null }, effects, now);
}

/** Takes the flag back at once, from wherever it is. */
function takeBack(run: PlanRun, cause: DescentCause, now: Date): Answer {
  const { trigger, reason, by, readings } = cause;
  const steps = run.descent?.done ?? [];
  const told = { readings, ...(steps.length === 0 ? {} : { steps, by }) };
  const input = { trigger, reason, ...JSON.parse(JSON.stringify(told)) };
  return rollBack(run, reason, [inside("take-back", input)], now);
}

/** Takes the steps down that are due, and the flag back when all have been. */
function stepDown(run: PlanRun, now: Date): Answer {
  const descent = run.descent ?? null;
  if (descent === null) return answer(run, [], now);
  if (isDescentOver(descent, now)) return takeBack(run, descent, now);
  const taken = takeSteps(descent, now);
  if (taken === null) return answer(run, [], now);
  const { stage, exposureShare } = taken.step;
  const lower: PlanRun = {
    ...run,
    stage,
    enteredAt: now.toISOString(),
    readings: [],
    exposedUnits: null,
    descent: taken.descent,
  };
  const { trigger, reason } = descent;
  return answer(lower, [inside("lower", { stage, exposureShare, trigger, reason })], now);
}

/** How a rollback goes that an event asks for; null if it is instant. */
function paceOf({ stepSeconds, leastShare }: Partial<DescentPace>): DescentPace | null {
  if (stepSeconds === undefined) return null;
  return leastShare === undefined ? { stepSeconds } : { stepSeconds, leastShare };
}

/** Begins a rollback: at once, or with steps where seconds lie between them. */
function goBack(run: PlanRun, cause: DescentCause, pace: DescentPace | null, now: Date): Answer {
  const descent =
    pace === null || isDescending(run) ? null : descentFrom(run.plan, run.stage, cause, pace, now);
  if (descent === null) return takeBack(run, cause, now);
  const { reason } = cause;
  return stepDown({ ...run, state: "rolling-back", pausedAt: null, reason, descent }, now);
}

/** The rollback that a reading asks for; null if none does. Harm that began a descent does not hurry it. */
function harmCause(run: PlanRun): DescentCause | null {
  const begun = (run.descent?.readings ?? []).filter(({ verdict }) => verdict === "roll-back");
  const readings = run.readings.filter(
    ({ verdict, guardId }) =>
      verdict === "roll-back" && !begun.some((reading) => reading.guardId === guardId),
  );
  const [broken] = readings;
  if (broken === undefined) return null;
  const name = run.plan.guards.find(({ id }) => id === broken.guardId)?.name ?? broken.guardId;
  return { trigger: "guard-breach", reason: `${name}: ${broken.reason}`, by: null, readings };
}

function words(value: Effect["input"][string] | undefined): string {
  return typeof value === "string" ? value : "";
}

/**
 * A target that cannot be published stops the plan, and somebody is told: once, however often guards ask
 * for it again.
 */
function stuck(run: PlanRun, reason: string, now: Date): Answer {
  if (run.state === "paused" && run.reason === reason) {
    return { ...answer(run, [], now), quiet: true };
  }
  const paused = pause(run, reason, now);
  return { ...paused, effects: [{ name: "page", where: "after", input: { reason } }] };
}

/** What a refused effect of a way back leads to: a step that cannot be taken is left out, for the target. */
function refusedBack(
  run: PlanRun,
  { effect, input, reason }: Extract<EngineEvent, { kind: "effect-refused" }>,
  now: Date,
): Answer | null {
  if (effect === "take-back") return stuck(run, reason, now);
  if (effect !== "lower") return null;
  const cause = {
    trigger: words(input["trigger"]),
    reason: words(input["reason"]),
    by: null,
    readings: run.readings,
  };
  return takeBack(run, run.descent ?? cause, now);
}

/** Goes as far as nothing keeps the plan, and publishes where it gets to, once. */
function proceed(
  run: PlanRun,
  first: readonly Effect[],
  now: Date,
  pace: DescentPace | null = null,
): Answer {
  const harm = harmCause(run);
  if (harm !== null) return goBack(run, harm, pace, now);
  let at = run;
  for (;;) {
    const blockers = blockersOf(at, now);
    const isLast = at.stage !== null && at.stage >= at.plan.stages.length - 1;
    if (blockers.length > 0) {
      const effects = at.stage === run.stage ? first : [...first, publishEffect(run, at)];
      return answer(rest(at, blockers), effects, now);
    }
    if (isLast) {
      const effects = at.stage === run.stage ? first : [...first, publishEffect(run, at)];
      const done: PlanRun = { ...at, state: "completed", reason: null };
      return answer(done, [...effects, inside("end", { outcome: "completed", reason: "" })], now);
    }
    at = enterNext(at, now);
  }
}

function verdictsOf(readings: readonly GuardReading[]): string {
  return JSON.stringify(readings.map(({ guardId, verdict }) => [guardId, verdict]));
}

function readGuards(
  run: PlanRun,
  event: Extract<PlanEvent, { kind: "guards-read" }>,
  now: Date,
): Answer {
  // A reading that was begun in the stage before says nothing about this one.
  const entered = run.enteredAt === null ? 0 : Date.parse(run.enteredAt);
  const readings = event.readings.filter(({ at }) => Date.parse(at) >= entered);
  const isStale = event.stage !== undefined && event.stage !== presentStage(run)?.id;
  if (isStale) return { ...answer(run, [], now), quiet: true };
  const told: PlanRun = { ...run, readings, exposedUnits: event.exposedUnits };
  const isSame = verdictsOf(readings) === verdictsOf(run.readings);
  const pace = paceOf(event);
  if (run.state === "paused" || isDescending(run)) {
    const harm = harmCause(told);
    if (harm !== null) return goBack(told, harm, pace, now);
    return { ...answer(told, [], now), quiet: isSame };
  }
  const next = proceed(told, [], now, pace);
  return { ...next, quiet: isSame && next.state.state === run.state };
}

function resume(run: PlanRun, now: Date): Answer {
  const pausedMs = run.pausedAt === null ? 0 : now.getTime() - Date.parse(run.pausedAt);
  const clockAt =
    run.clockAt === null ? null : new Date(Date.parse(run.clockAt) + pausedMs).toISOString();
  const running: PlanRun = { ...run, state: "running", pausedAt: null, reason: null, clockAt };
  return proceed(running, run.stage === null ? [] : [inside("check", {})], now);
}

function pause(run: PlanRun, reason: string, now: Date): Answer {
  const pausedAt = run.pausedAt ?? now.toISOString();
  return answer({ ...run, state: "paused", pausedAt, reason }, [], now);
}

function onEvent(run: PlanRun, event: PlanEvent, now: Date): Answer {
  switch (event.kind) {
    case "start": {
      const started: PlanRun = { ...run, state: "running", startedAt: now.toISOString() };
      return proceed(
        { ...started, authors: [...new Set([...run.authors, event.by])] },
        [inside("begin", {})],
        now,
      );
    }
    case "approve": {
      const { stage, by, role } = event;
      const approvals = [...run.approvals, { stage, by, role, at: now.toISOString() }];
      const approved = { ...run, approvals };
      return run.state === "paused" ? answer(approved, [], now) : proceed(approved, [], now);
    }
    case "pause":
      return pause(run, event.reason, now);
    case "resume":
      return resume(run, now);
    case "advance-now":
      return proceed({ ...run, timeLetOff: true }, [], now);
    case "abort": {
      const effects = [inside("end", { outcome: "aborted", reason: event.reason })];
      return answer({ ...run, state: "aborted", reason: event.reason }, effects, now);
    }
    case "roll-back":
      return goBack(
        run,
        { ...MANUAL, reason: event.reason, by: event.by, readings: run.readings },
        paceOf(event),
        now,
      );
    case "taken-back":
      return rollBack(run, event.reason, [], now);
    case "guards-read":
      return readGuards(run, event, now);
    case "flag-moved":
      if (isDescending(run) && run.descent) return takeBack(run, run.descent, now);
      return run.state === "paused" ? answer(run, [], now) : pause(run, event.reason, now);
  }
}

function onEngineEvent(run: PlanRun, event: EngineEvent, now: Date): Answer {
  switch (event.kind) {
    case "timer":
      if (isDescending(run)) return stepDown(run, now);
      return run.state === "running" || run.state === "holding"
        ? proceed(run, [], now)
        : answer(run, [], now);
    case "effect-done":
      return run.state === "rolling-back" && !isDescending(run)
        ? answer({ ...run, state: "rolled-back" }, [], now)
        : answer(run, [], now);
    case "effect-failed":
      return answer(run, [], now);
    case "effect-refused": {
      const back = refusedBack(run, event, now);
      if (back !== null) return back;
      const isOver = ["completed", "rolling-back", "rolled-back", "aborted"].includes(run.state);
      return isOver ? answer(run, [], now) : pause(run, event.reason, now);
    }
    case "cancel": {
      const effects = [inside("end", { outcome: "aborted", reason: event.reason })];
      return answer({ ...run, state: "aborted", reason: event.reason }, effects, now);
    }
  }
}

function isEngineEvent(event: PlanEvent | EngineEvent): event is EngineEvent {
  return (
    event.kind === "timer" ||
    event.kind === "effect-done" ||
    event.kind === "effect-failed" ||
    event.kind === "effect-refused" ||
    event.kind === "cancel"
  );
}

/**
 * The rules of a rollout plan. An event that is not for the plan as it stands changes nothing, so that a
 * repeated or late one does no harm; commands ask `refusalOfEvent` first and say why.
 */
export function advancePlan(
  run: PlanRun,
  event: PlanEvent | EngineEvent,
  now: Date,
): Advance<PlanRun> {
  if (isEngineEvent(event)) return onEngineEvent(run, event, now);
  return refusalOfEvent(run, event, now) === null
    ? onEvent(run, event, now)
    : { ...answer(run, [], now), quiet: true };
}
