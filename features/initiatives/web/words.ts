import type { Tone } from "@paceline/web-kit";

import type { DecisionDocument, InitiativeSummary } from "../api.ts";
import { RISK_DOMAINS } from "../domain/risk-domains.ts";

/** The short name of an outcome, for badges and answers. */
export const outcomeLabels = {
  sprint: "Sprint",
  marathon: "Marathon",
  hybrid: "Hybrid",
  not_ready: "Not ready",
  platform_first: "Platform first",
  needs_information: "Needs information",
} as const satisfies Record<DecisionDocument["outcome"], string>;

/** The look of an outcome: a mode has its own tone, everything else waits for somebody. */
export const outcomeTones = {
  sprint: "sprint",
  marathon: "marathon",
  hybrid: "hybrid",
  not_ready: "caution",
  platform_first: "caution",
  needs_information: "caution",
} as const satisfies Record<DecisionDocument["outcome"], Tone>;

export const verdictOptions = [
  { value: "ship", label: "Ship", words: "The criterion is met and the guardrails hold." },
  { value: "rollback", label: "Roll back", words: "It did harm; the flag goes back." },
  { value: "iterate", label: "Iterate", words: "Not yet; try once more with what was learned." },
  { value: "inconclusive", label: "Inconclusive", words: "The timebox ended without an answer." },
  { value: "invalid", label: "Invalid", words: "The data cannot be trusted, so it says nothing." },
] as const;

const verdictTones = {
  ship: "positive",
  rollback: "negative",
  iterate: "caution",
  inconclusive: "plain",
  invalid: "negative",
} as const satisfies Record<(typeof verdictOptions)[number]["value"], Tone>;

/** The meaning that the status sentence carries. */
export function statusTone(initiative: InitiativeSummary): Tone {
  const { state, artifacts, iteration, verdict, status } = initiative;
  switch (state) {
    case "proposed": {
      const complete = artifacts.every((artifact) => artifact.state === "present");
      return complete && status === "Ready to decide" ? "positive" : "caution";
    }
    case "ready":
      return "positive";
    case "in_flight":
      return iteration?.clock?.expired === true ? "negative" : "accent";
    case "verdict":
      return verdict === null ? "caution" : verdictTones[verdict];
    case "draft":
    case "decided":
    case "captured":
    case "cancelled":
      return "plain";
  }
}

export const stateLabels = {
  draft: "Draft",
  proposed: "Proposed",
  decided: "Decided",
  ready: "Ready",
  in_flight: "In flight",
  verdict: "Verdict",
  captured: "Captured",
  cancelled: "Cancelled",
} as const satisfies Record<InitiativeSummary["state"], string>;

export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The title of a risk domain; one that the workspace added shows its key. */
export function riskDomainTitle(key: string): string {
  return RISK_DOMAINS.find((domain) => domain.key === key)?.title ?? key.replaceAll("-", " ");
}

/** "a, b and c". */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}
