import { useMay } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { DecisionDocument, InitiativeDetail, PreviewAnswer } from "../api.ts";
import { standingQuery } from "./queries.ts";

const undecided: readonly InitiativeDetail["state"][] = ["draft", "proposed"];
const editable: readonly InitiativeDetail["state"][] = [...undecided, "decided", "ready"];

/** Whether what the decision rests on may still be changed. */
export function isEditable(state: InitiativeDetail["state"]): boolean {
  return editable.includes(state);
}

export type Standing = {
  /** The recorded decision; before there is one, what the policy would say as it stands. */
  readonly decision: DecisionDocument | undefined;
  readonly recorded: boolean;
  /** What the policy would say now; absent once it has started, and for who may not edit. */
  readonly preview: PreviewAnswer | undefined;
};

export function useStanding(initiative: InitiativeDetail): Standing {
  const { id, version, state } = initiative;
  const enabled = useMay("initiative.edit") && isEditable(state);
  const preview = useQuery({ ...standingQuery(id, version), enabled }).data;
  const recorded = initiative.decision?.decision;
  if (undecided.includes(state) && preview !== undefined) {
    return { decision: preview.decision, recorded: false, preview };
  }
  return { decision: recorded, recorded: recorded !== undefined, preview };
}

/** How many artifacts a sprint still lacks. */
export function missingCount({ checks }: PreviewAnswer): number {
  return checks.filter(({ state }) => state !== "present").length;
}
