import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { DecisionOutcome, Mode } from "./mode.ts";
import { modeOf } from "./mode.ts";

/** Where an initiative stands. */
export const INITIATIVE_STATES = [
  "draft",
  "proposed",
  "decided",
  "ready",
  "in_flight",
  "verdict",
  "captured",
  "cancelled",
] as const;

export type InitiativeState = (typeof INITIATIVE_STATES)[number];

/** What a closed experiment says about an initiative in flight. */
export const VERDICTS = ["ship", "rollback", "iterate", "inconclusive", "invalid"] as const;

export type Verdict = (typeof VERDICTS)[number];

/** The part of an initiative that the transitions look at. */
export interface Standing {
  readonly state: InitiativeState;
  readonly mode: Mode | null;
  readonly ownerId: string | null;
  readonly title: string;
}

/** A step was asked for in a state that does not allow it. */
export interface WrongState {
  readonly kind: "wrong-state";
  readonly state: InitiativeState;
  readonly allowed: readonly InitiativeState[];
}

function inState(
  standing: Standing,
  allowed: readonly InitiativeState[],
): Result<null, WrongState> {
  if (allowed.includes(standing.state)) return ok(null);
  return err({ kind: "wrong-state", state: standing.state, allowed });
}

export type ProposeRefusal = WrongState | { readonly kind: "title-missing" };

/** draft → proposed: the proposer asks for a decision. */
export function propose(standing: Standing): Result<InitiativeState, ProposeRefusal> {
  const allowed = inState(standing, ["draft"]);
  if (!allowed.ok) return allowed;
  return standing.title.trim() === "" ? err({ kind: "title-missing" }) : ok("proposed");
}

/**
 * What an edit does to the state. A change of facts or artifacts voids a decision that was made on
 * the old ones; words such as the title do not.
 */
export function edit(
  standing: Standing,
  changesFacts: boolean,
): Result<InitiativeState, WrongState> {
  const editable: readonly InitiativeState[] = ["draft", "proposed", "decided", "ready"];
  // In flight the words may still be corrected; what the decision rests on may not.
  const allowed = inState(
    standing,
    changesFacts ? editable : [...editable, "in_flight", "verdict"],
  );
  if (!allowed.ok) return allowed;
  const decided = standing.state === "decided" || standing.state === "ready";
  return ok(changesFacts && decided ? "proposed" : standing.state);
}

/** proposed → decided when the outcome settles a mode; otherwise it stays proposed. */
export function decide(
  standing: Standing,
  outcome: DecisionOutcome,
): Result<{ readonly state: InitiativeState; readonly mode: Mode | null }, WrongState> {
  const allowed = inState(standing, ["proposed", "decided", "ready"]);
  if (!allowed.ok) return allowed;
  const mode = modeOf(outcome);
  return ok({ state: mode === null ? "proposed" : "decided", mode });
}

export type ReadyRefusal =
  | WrongState
  | { readonly kind: "owner-missing" }
  | { readonly kind: "artifacts-missing"; readonly missing: readonly string[] };

/** decided → ready: every artifact that the mode needs is present. */
export function markReady(
  standing: Standing,
  missing: readonly string[],
): Result<InitiativeState, ReadyRefusal> {
  const allowed = inState(standing, ["decided"]);
  if (!allowed.ok) return allowed;
  if (standing.ownerId === null) return err({ kind: "owner-missing" });
  return missing.length > 0 ? err({ kind: "artifacts-missing", missing }) : ok("ready");
}

/** in flight → verdict. */
export function giveVerdict(standing: Standing): Result<InitiativeState, WrongState> {
  const allowed = inState(standing, ["in_flight"]);
  return allowed.ok ? ok("verdict") : allowed;
}

export type CaptureRefusal = WrongState | { readonly kind: "learning-missing" };

/** verdict → captured: what was learned is the price of closing. */
export function capture(
  standing: Standing,
  learning: string,
): Result<InitiativeState, CaptureRefusal> {
  const allowed = inState(standing, ["verdict"]);
  if (!allowed.ok) return allowed;
  return learning.trim() === "" ? err({ kind: "learning-missing" }) : ok("captured");
}

export type CancelRefusal = WrongState | { readonly kind: "still-in-flight" };

/** Cancels what is not exposed. What is in flight must be rolled back or get its verdict first. */
export function cancel(standing: Standing): Result<InitiativeState, CancelRefusal> {
  if (standing.state === "in_flight") return err({ kind: "still-in-flight" });
  const allowed = inState(standing, ["draft", "proposed", "decided", "ready", "verdict"]);
  return allowed.ok ? ok("cancelled") : allowed;
}
