import { ARTIFACT_TITLES } from "./artifacts.ts";
import type { ArtifactCheck } from "./artifacts.ts";
import type { InitiativeState, Verdict } from "./initiative.ts";

/** Why an initiative exposes nobody yet, and what would let it. */
export interface ExposureHold {
  readonly rule:
    | "initiative-undecided"
    | "initiative-not-ready"
    | "initiative-closed"
    | "artifact-missing"
    | "artifact-stale"
    | "artifact-unproven";
  readonly detail: string;
  readonly wayOut: string;
}

function stateHold(
  name: string,
  state: InitiativeState,
  verdict: Verdict | null,
): ExposureHold | null {
  switch (state) {
    case "draft":
    case "proposed":
      return {
        rule: "initiative-undecided",
        detail: `${name} has not been decided.`,
        wayOut: "Ask for its decision and mark it ready.",
      };
    case "decided":
      return {
        rule: "initiative-not-ready",
        detail: `${name} is decided, and not marked ready.`,
        wayOut: "Add what its checklist misses and mark it ready.",
      };
    case "cancelled":
      return {
        rule: "initiative-closed",
        detail: `${name} is cancelled.`,
        wayOut: "Link the flag to another initiative.",
      };
    case "captured":
      return verdict === "ship"
        ? null
        : {
            rule: "initiative-closed",
            detail: `${name} is closed, and its verdict was not to ship.`,
            wayOut: "Propose the change again as a new initiative, and link the flag to that.",
          };
    case "ready":
    case "in_flight":
    case "verdict":
      return null;
  }
}

/**
 * Whether an initiative may expose anybody, or more: it is decided, marked ready, and everything that
 * it must show is there now, not only when it was marked. Missing, stale and unproven hold alike, and
 * so does what could not be checked.
 *
 * @param name     how people call it, such as `CHG-12`
 * @param missing  the artifacts that are not present
 */
export function exposureHold(
  name: string,
  state: InitiativeState,
  verdict: Verdict | null,
  missing: readonly ArtifactCheck[],
): ExposureHold | null {
  const held = stateHold(name, state, verdict);
  if (held !== null || state === "captured") return held;
  const [first, ...others] = missing;
  if (first === undefined) return null;
  const title = ARTIFACT_TITLES[first.artifact];
  const more = others.length === 0 ? "" : ` ${others.length} more are not there either.`;
  return {
    rule: `artifact-${first.state === "present" ? "unproven" : first.state}`,
    detail: `${name}: ${title}. ${first.reason}${more}`,
    wayOut: `Open the checklist of ${name}, and publish again when everything on it is present.`,
  };
}
