import type { RolloutDocument } from "../../plan-api.ts";
import { shareWords } from "../plan-words.ts";

/** Acts of which the audit log keeps the reason. */
export type ReasonedAct = "pause" | "advance" | "abort" | "rollback";

type Words = {
  readonly title: string;
  readonly description: string;
  readonly act: string;
  readonly keep: string;
  readonly done: string;
};

/** What an act asks, in the place where the rollout stands. */
export function wordsOfAct(act: ReasonedAct, rollout: RolloutDocument): Words {
  const { flagKey, environment, exposureShare, stage, plan } = rollout;
  const at =
    exposureShare === null ? "Nobody is exposed yet" : `${shareWords(exposureShare)} stay exposed`;
  const next = plan.stages[(stage ?? -1) + 1]?.exposureShare;
  switch (act) {
    case "pause":
      return {
        title: "Pause this rollout?",
        description: `${at}, and nothing moves until somebody resumes it. Guards are still read and can take it back.`,
        act: "Pause",
        keep: "Keep it running",
        done: "Paused",
      };
    case "advance":
      return {
        title: "Let the rest of the stage's time off?",
        description:
          next === undefined
            ? "It completes as soon as nothing else holds it."
            : `It goes to ${shareWords(next)} as soon as nothing else holds it. Guards and approvals are never let off.`,
        act: "Go on",
        keep: "Keep waiting",
        done: "The time is let off",
      };
    case "abort":
      return {
        title: "End this rollout here?",
        description: `${at}. The flag is unlocked and can be changed by hand; the rollout cannot go on later.`,
        act: "End here",
        keep: "Keep it",
        done: "Ended; what is served stays",
      };
    case "rollback":
      return {
        title: `Roll back ${flagKey} in ${environment}?`,
        description: "It needs no approval. The rollout ends with it.",
        act: "Roll back now",
        keep: "Keep it running",
        done: "The way back is published",
      };
  }
}
