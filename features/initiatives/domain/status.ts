import { listInWords } from "@paceline/decision-table";

import { ARTIFACT_TITLES } from "./artifacts.ts";
import type { ArtifactCheck } from "./artifacts.ts";
import type { InitiativeState, Verdict } from "./initiative.ts";
import type { DecisionOutcome, Mode } from "./mode.ts";
import type { TimeboxClock } from "./timebox.ts";

/** What the few words under an initiative's title are made from. */
export interface StatusInput {
  readonly state: InitiativeState;
  readonly mode: Mode | null;
  readonly missing: readonly ArtifactCheck[];
  /** The last decision; null before the first one and after an edit that voided it. */
  readonly decision: {
    readonly outcome: DecisionOutcome;
    readonly decidedBy: string | null;
    readonly headline: string;
    readonly needs: readonly string[];
  } | null;
  readonly iteration: { readonly number: number; readonly clock: TimeboxClock | null } | null;
  readonly verdict: Verdict | null;
}

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  ship: "Ready to ship",
  rollback: "Rolled back",
  iterate: "Iterate once more",
  inconclusive: "No clear change",
  invalid: "The run was invalid",
};

function proposedWords({ missing, decision }: StatusInput): string {
  if (decision?.outcome === "needs_information")
    return `To be said: ${listInWords(decision.needs)}`;
  if (missing.length > 0) {
    const titles = listInWords(
      missing.map(({ artifact }) => ARTIFACT_TITLES[artifact].toLowerCase()),
    );
    return `${titles.charAt(0).toUpperCase()}${titles.slice(1)} missing`;
  }
  return decision === null ? "Ready to decide" : decision.headline;
}

function flightWords({ iteration }: StatusInput): string {
  if (iteration === null) return "Running";
  const { number, clock } = iteration;
  if (clock === null) return "Running by its milestones";
  return clock.expired ? `${clock.words}; give its verdict` : `Iteration ${number}, ${clock.words}`;
}

/** What an initiative waits for, in a few words. */
export function statusWords(input: StatusInput): string {
  switch (input.state) {
    case "draft":
      return "Draft";
    case "proposed":
      return proposedWords(input);
    case "decided": {
      const by = input.decision?.decidedBy;
      return by === null || by === undefined
        ? "Decided: every rule is a miss"
        : `Decided by rule ${by}`;
    }
    case "ready":
      return "Ready to start";
    case "in_flight":
      return flightWords(input);
    case "verdict":
      return input.verdict === null ? "Verdict given" : VERDICT_WORDS[input.verdict];
    case "captured":
      return "Captured";
    case "cancelled":
      return "Cancelled";
  }
}
