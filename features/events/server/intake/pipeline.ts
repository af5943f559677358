import { createHash } from "node:crypto";

import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { badEvent, canonicalExposure } from "../../domain/index.ts";
import type { FlatEvent, ReadBody, Receipt } from "../../domain/index.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import type { EventFault, EventOutcome, PlanVerdict } from "../event-outcome.ts";
import type { AppendOutcome, AppendRefusal } from "../event-store.ts";

const DIGEST_LENGTH = 22;

/** 128 bits of SHA-256: short ids for records without one, and no way to make two alike. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);
}

/** Null for a record that is nested too deeply to be written. */
function digestOfRecord(raw: unknown): string | null {
  try {
    return digestOf(JSON.stringify(raw));
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/** What became of the events of one request. The five counts add up to its events. */
export interface Taken {
  readonly accepted: number;
  readonly duplicates: number;
  readonly bad: number;
  readonly oversize: number;
  readonly suppressed: number;
  readonly faults: readonly EventFault[];
}

/** One event that is to be stored, in the order of the request's good events, then its bad ones. */
interface Entry {
  readonly event: FlatEvent;
  readonly index: number;
  readonly verdict: PlanVerdict | null;
  readonly fault: EventFault | null;
}

interface Judged {
  readonly entries: readonly Entry[];
  /** Places of events of people who were erased or objected. */
  readonly suppressed: readonly number[];
}

/**
 * The way of every event, whatever its dialect: suppression, exposures, telemetry plans, bad events,
 * the store, and only then, when all of it is durable, the live tap and the answer.
 */
export function takeEvents(
  deps: EventRouteDeps,
  receipt: Receipt,
  read: ReadBody,
): Promise<Result<Taken, AppendRefusal>> {
  const isWatched = deps.tap?.isWatched(receipt.workspace, receipt.environment) === true;
  return !isWatched && isPlain(deps, receipt, read)
    ? takePlainly(deps, read.dialect, deps.store.append(read.events))
    : takeJudged(deps, receipt, read);
}

/**
 * Holds on to nothing of the body while the disk works: what many waiting requests keep alive, the
 * garbage collector would copy again and again.
 */
async function takePlainly(
  deps: EventRouteDeps,
  dialect: ReadBody["dialect"],
  appending: ReturnType<EventRouteDeps["store"]["append"]>,
): Promise<Result<Taken, AppendRefusal>> {
  const appended = await appending;
  if (!appended.ok) {
    deps.observer?.refused(dialect, appended.error.kind);
    return appended;
  }
  const taken = plainlyTaken(appended.value);
  const { accepted, duplicates: duplicate } = taken;
  deps.observer?.intake(dialect, { accepted, duplicate, bad: 0, oversize: 0, suppressed: 0 });
  return ok(taken);
}

async function takeJudged(
  deps: EventRouteDeps,
  receipt: Receipt,
  read: ReadBody,
): Promise<Result<Taken, AppendRefusal>> {
  const judged = isPlain(deps, receipt, read) ? null : judge(deps, receipt, read);
  const events = judged === null ? read.events : judged.entries.map(({ event }) => event);
  const appended = await deps.store.append(events);
  if (!appended.ok) {
    deps.observer?.refused(read.dialect, appended.error.kind);
    return appended;
  }
  const taken = judged === null ? plainlyTaken(appended.value) : takenOf(judged, appended.value);
  const { accepted, duplicates: duplicate, bad, oversize, suppressed } = taken;
  deps.observer?.intake(read.dialect, { accepted, duplicate, bad, oversize, suppressed });
  report(deps, receipt, events, judged, appended.value);
  return ok(taken);
}

/** What would become of the events: nothing is stored, remembered, counted or shown. */
export function dryRun(deps: EventRouteDeps, receipt: Receipt, read: ReadBody): Judgement[] {
  const { entries, suppressed } = judge(deps, receipt, read);
  const judgements: Judgement[] = entries.map(({ index, fault, verdict }) => ({
    index,
    outcome: fault === null ? "accepted" : outcomeOf(fault),
    fault: fault ?? softFault(index, verdict),
  }));
  for (const index of suppressed) judgements.push({ index, outcome: "suppressed", fault: null });
  return judgements.toSorted((a, b) => a.index - b.index);
}

/** The outcome of one event in a dry run. An accepted event has a fault if its plan is only watched. */
export interface Judgement {
  readonly index: number;
  readonly outcome: EventOutcome;
  readonly fault: EventFault | null;
}

/** Most batches need no look at single events: no fault, no exposure, nobody suppressed, no plans. */
function isPlain(deps: EventRouteDeps, { workspace }: Receipt, read: ReadBody): boolean {
  return (
    deps.plans?.watches(workspace) !== true &&
    read.faults.length === 0 &&
    read.events.every(
      (event) => event.type !== "exposure" && deps.suppression?.suppresses(event) !== true,
    )
  );
}

function judge(deps: EventRouteDeps, receipt: Receipt, read: ReadBody): Judged {
  const suppressed: number[] = [];
  const good: Entry[] = [];
  const bad: Entry[] = [];
  const place = (entry: Entry): void => {
    if (deps.suppression?.suppresses(entry.event) === true) suppressed.push(entry.index);
    else (entry.fault === null ? good : bad).push(entry);
  };
  for (const [order, event] of read.events.entries()) {
    place(judgeEvent(deps, receipt, read, event, read.positions[order] ?? order));
  }
  for (const { index, read: readable, ...fault } of read.faults) {
    const event = quarantined(receipt, read, { index, ...fault, plan: null }, readable ?? null);
    place({ event, index, verdict: null, fault: { index, ...fault, plan: null } });
  }
  return { entries: [...good, ...bad], suppressed };
}

function judgeEvent(
  deps: EventRouteDeps,
  receipt: Receipt,
  read: ReadBody,
  sent: FlatEvent,
  index: number,
): Entry {
  const body = read.messages[index];
  const mapped = deps.plans?.map(sent, body) ?? { event: sent, body };
  const { event } = mapped;
  const verdict = deps.plans?.check(event, mapped.body) ?? null;
  if (verdict?.outcome === "violated" && verdict.quarantine) {
    const { plan, path, reason } = verdict;
    const fault: EventFault = { index, kind: "plan", path, reason, plan };
    return { event: quarantined(receipt, read, fault, sent), index, verdict, fault };
  }
  if (event.type !== "exposure") return { event, index, verdict, fault: null };
  const facts = deps.findServedFlag?.(event) ?? null;
  return { event: canonicalExposure(event, facts, read.dialect), index, verdict, fault: null };
}

function quarantined(
  receipt: Receipt,
  { dialect, call, messages, sentAt, context }: ReadBody,
  { index, kind, path, reason, plan }: EventFault,
  read: FlatEvent | null,
): FlatEvent {
  const raw = messages[index];
  const event = { kind, path, reason, plan, dialect, call, raw, sentAt, context, read };
  // A record of OTLP has no id but what it says; with that one, a client's retry is a duplicate.
  const newMessageId =
    dialect === "otlp" ? () => digestOfRecord(raw) ?? receipt.newMessageId() : receipt.newMessageId;
  return badEvent({ receipt: { ...receipt, newMessageId }, ...event });
}

function plainlyTaken(outcomes: readonly AppendOutcome[]): Taken {
  const duplicates = outcomes.filter((outcome) => outcome === "duplicate").length;
  const accepted = outcomes.length - duplicates;
  return { accepted, duplicates, bad: 0, oversize: 0, suppressed: 0, faults: [] };
}

function takenOf(judged: Judged, outcomes: readonly AppendOutcome[]): Taken {
  const counts = { accepted: 0, duplicate: 0, bad: 0, oversize: 0 };
  const faults: EventFault[] = [];
  for (const [order, { fault }] of judged.entries.entries()) {
    if (outcomes[order] === "duplicate") counts.duplicate += 1;
    else counts[fault === null ? "accepted" : outcomeOf(fault)] += 1;
    if (fault !== null) faults.push(fault);
  }
  const { duplicate: duplicates, ...rest } = counts;
  const suppressed = judged.suppressed.length;
  return { ...rest, duplicates, suppressed, faults: faults.toSorted((a, b) => a.index - b.index) };
}

function outcomeOf(fault: EventFault): "bad" | "oversize" {
  return fault.kind === "oversize" ? "oversize" : "bad";
}

function softFault(index: number, verdict: PlanVerdict | null): EventFault | null {
  if (verdict?.outcome !== "violated") return null;
  const { plan, path, reason } = verdict;
  return { index, kind: "plan", path, reason, plan };
}

/** Tells those who count and watch of every event that is new. */
function report(
  { plans, tap }: EventRouteDeps,
  { workspace, environment }: Receipt,
  events: readonly FlatEvent[],
  judged: Judged | null,
  outcomes: readonly AppendOutcome[],
): void {
  const isWatched = tap?.isWatched(workspace, environment) === true;
  if (!isWatched && plans === undefined) return;
  for (const [order, event] of events.entries()) {
    if (outcomes[order] === "duplicate") continue;
    const entry = judged?.entries[order];
    const verdict = entry?.verdict ?? null;
    if (verdict !== null) plans?.count(event, verdict);
    if (isWatched) tap.publish({ event, verdict, fault: entry?.fault ?? null });
  }
}
