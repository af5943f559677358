import type { ExperimentSummary, MonitorState } from "@paceline/experiments/api";
import type { InitiativeSummary } from "@paceline/initiatives/api";

/** Why something waits, the most urgent first. */
export const REASONS = [
  "finding",
  "timebox",
  "experiment-verdict",
  "learning",
  "decision",
  "information",
  "artifacts",
  "start",
] as const;
export type Reason = (typeof REASONS)[number];

/** One thing that waits for a person. */
export type Waiting = {
  readonly key: string;
  readonly reason: Reason;
  readonly title: string;
  /** What is asked, in one sentence. */
  readonly words: string;
  /** The object's short name, such as CHG-12. */
  readonly note: string;
  readonly of: { readonly kind: "initiative" | "experiment"; readonly id: string };
  readonly ownerId: string | null;
  readonly since: string | null;
};

function ofInitiative(initiative: InitiativeSummary): Waiting | null {
  const asked = askedOf(initiative);
  if (asked === null) return null;
  return {
    key: initiative.id,
    title: initiative.title === "" ? "Untitled change" : initiative.title,
    note: initiative.key,
    of: { kind: "initiative", id: initiative.id },
    ownerId: initiative.ownerId,
    since:
      asked.reason === "timebox"
        ? (initiative.iteration?.endsAt ?? initiative.updatedAt)
        : initiative.updatedAt,
    ...asked,
  };
}

function askedOf(initiative: InitiativeSummary): Pick<Waiting, "reason" | "words"> | null {
  const { state, status, artifacts, iteration } = initiative;
  const complete = artifacts.every((artifact) => artifact.state === "present");
  switch (state) {
    case "proposed":
      if (status.startsWith("To be said")) return { reason: "information", words: `${status}.` };
      return complete
        ? { reason: "decision", words: "Everything is there; ask for a decision." }
        : { reason: "artifacts", words: `${status}.` };
    case "decided":
      return complete
        ? { reason: "start", words: "Decided with every artifact; mark it ready." }
        : { reason: "artifacts", words: missingWords(artifacts) };
    case "ready":
      return { reason: "start", words: "Ready; start its first iteration." };
    case "in_flight":
      if (iteration?.clock?.expired !== true) return null;
      return { reason: "timebox", words: `${iteration.clock.words}; give its verdict.` };
    case "verdict":
      return { reason: "learning", words: `${status}; write down what was learned.` };
    case "draft":
    case "captured":
    case "cancelled":
      return null;
  }
}

function missingWords(artifacts: InitiativeSummary["artifacts"]): string {
  const missing = artifacts.filter(({ state }) => state !== "present").length;
  return `${missing} of ${artifacts.length} artifacts are missing before it can start.`;
}

function ofExperiment(experiment: ExperimentSummary, finding: MonitorState | null): Waiting | null {
  const { id, name, environment, state, verdict, reason, endsAt } = experiment;
  const common = {
    key: id,
    title: name,
    note: environment,
    of: { kind: "experiment", id },
    ownerId: null,
  } as const;
  if (state !== "running") return null;
  if (finding !== null && finding.action !== "none") {
    return { ...common, reason: "finding", words: finding.reason, since: finding.readAt };
  }
  if (verdict !== null && verdict !== "continue") {
    return { ...common, reason: "experiment-verdict", words: reason ?? "", since: endsAt };
  }
  return null;
}

/**
 * What waits for a person, the most urgent first and within that the longest.
 *
 * @param findings  the monitor's newest reading of each running experiment
 */
export function whatWaits(
  initiatives: readonly InitiativeSummary[],
  experiments: readonly ExperimentSummary[],
  findings: readonly MonitorState[],
): readonly Waiting[] {
  const waiting = [
    ...experiments.map((experiment) =>
      ofExperiment(
        experiment,
        findings.find(({ experimentId }) => experimentId === experiment.id) ?? null,
      ),
    ),
    ...initiatives.map(ofInitiative),
  ].filter((one) => one !== null);
  return waiting.toSorted(
    (one, other) =>
      REASONS.indexOf(one.reason) - REASONS.indexOf(other.reason) ||
      (one.since ?? "").localeCompare(other.since ?? ""),
  );
}
