import { apiClient, asProblem, useCommand } from "@paceline/web-kit";
import type { ApiProblem, Command } from "@paceline/web-kit";
import { useQueryClient } from "@tanstack/react-query";

import type { InitiativeDetail } from "../api.ts";
import { INITIATIVES_KEY } from "./queries.ts";

type State = InitiativeDetail["state"];

/** What can be done with an initiative, one step at a time. */
export type ActName = "propose" | "decide" | "ready" | "start" | "verdict" | "capture" | "cancel";

export const actPermissions = {
  propose: "initiative.edit",
  decide: "initiative.decide",
  ready: "initiative.decide",
  start: "initiative.start",
  verdict: "initiative.decide",
  capture: "initiative.edit",
  cancel: "initiative.cancel",
} as const satisfies Record<ActName, string>;

const actPaths = {
  propose: "propose",
  decide: "decision",
  ready: "ready",
  start: "iterations",
  verdict: "verdict",
  capture: "learning",
  cancel: "cancellation",
} as const satisfies Record<ActName, string>;

const steps: Readonly<Record<State, { next: ActName | null; others: readonly ActName[] }>> = {
  draft: { next: "propose", others: ["cancel"] },
  proposed: { next: "decide", others: ["cancel"] },
  decided: { next: "ready", others: ["decide", "cancel"] },
  ready: { next: "start", others: ["decide", "cancel"] },
  in_flight: { next: "verdict", others: [] },
  verdict: { next: "capture", others: ["start", "cancel"] },
  captured: { next: null, others: [] },
  cancelled: { next: null, others: [] },
};

/** The step that comes next, and what else the state allows. */
export function actsOf(state: State): (typeof steps)[State] {
  return steps[state];
}

export function actLabel(act: ActName, initiative: InitiativeDetail): string {
  switch (act) {
    case "propose":
      return "Propose";
    case "decide":
      return initiative.decision === null ? "Ask for a decision" : "Decide anew";
    case "ready":
      return `Mark ${initiative.mode ?? "it"} ready`;
    case "start":
      return `Start iteration ${initiative.iterations.length + 1}`;
    case "verdict":
      return "Give the verdict";
    case "capture":
      return "Capture the learning";
    case "cancel":
      return "Cancel the initiative";
  }
}

export type ActInput = { readonly act: ActName; readonly body: Readonly<Record<string, unknown>> };

/** Runs an act on the version that is shown. A refusal may have changed something, so all is read anew. */
export function useAct(options: {
  id: string;
  version: number;
  onDone: () => void;
  onRefused: (problem: ApiProblem) => void;
}): Command<ActInput, InitiativeDetail> {
  const queries = useQueryClient();
  const { id, version, onDone, onRefused } = options;
  return useCommand<ActInput, InitiativeDetail>({
    run: async ({ act, body }) => {
      try {
        return await apiClient.post<InitiativeDetail>(`/initiatives/${id}/${actPaths[act]}`, body, {
          ifMatch: version,
        });
      } catch (error) {
        onRefused(asProblem(error));
        void queries.invalidateQueries({ queryKey: INITIATIVES_KEY });
        throw error;
      }
    },
    refresh: [INITIATIVES_KEY],
    done: ({ status }) => status,
    inline: true,
    onDone,
  });
}
