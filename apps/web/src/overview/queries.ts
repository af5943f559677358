import type { AuditPage } from "@paceline/audit/api";
import type { ExperimentSummary, MonitorState } from "@paceline/experiments/api";
import type { Board, InitiativeSummary } from "@paceline/initiatives/api";
import { ApiProblem, apiClient } from "@paceline/web-kit";
import { queryOptions } from "@tanstack/react-query";

const OVERVIEW = "overview";
const shown = 100;

const openStates = ["draft", "proposed", "decided", "ready", "in_flight", "verdict"];

/** Initiatives that are not closed, the last changed first. */
export const openInitiativesQuery = queryOptions({
  queryKey: [OVERVIEW, "initiatives"],
  queryFn: ({ signal }) => {
    const query = new URLSearchParams([
      ["limit", String(shown)],
      ["sort", "-updated"],
      ...openStates.map((state) => ["state", state]),
    ]);
    return apiClient.get<{ items: InitiativeSummary[]; next: string | null }>(
      `/initiatives?${query.toString()}`,
      { signal },
    );
  },
});

export const boardQuery = queryOptions({
  queryKey: ["initiatives", "board"],
  queryFn: ({ signal }) => apiClient.get<Board>("/initiatives/board", { signal }),
});

export const experimentsQuery = queryOptions({
  queryKey: [OVERVIEW, "experiments"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: ExperimentSummary[] }>("/experiments", {
      signal,
      query: { limit: shown },
    }),
});

/** The monitor's newest reading; null before the first one. Its key is shared with the result page. */
export const monitorQuery = (id: string) =>
  queryOptions({
    queryKey: ["monitor", id],
    queryFn: async ({ signal }) => {
      try {
        return await apiClient.get<MonitorState>(`/experiments/${id}/monitor`, { signal });
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: 30_000,
  });

const rollbacksShown = 5;

export const rollbacksQuery = queryOptions({
  queryKey: [OVERVIEW, "rollbacks"],
  queryFn: ({ signal }) =>
    apiClient.get<AuditPage>("/audit/entries", {
      signal,
      query: { action: "rollback.execute", limit: rollbacksShown },
    }),
});

const tailShown = 8;

export const auditTailQuery = queryOptions({
  queryKey: [OVERVIEW, "audit"],
  queryFn: ({ signal }) =>
    apiClient.get<AuditPage>("/audit/entries", { signal, query: { limit: tailShown } }),
});

/** What the banner says of the sample data. */
export type SampleState = {
  readonly present: boolean;
  readonly state?: string;
  /** What the data is, in words. */
  readonly statement?: string;
  readonly progress?: { readonly done: number; readonly of: number; readonly doing: string };
};

const fillingPollMs = 2_000;

/** Whether the workspace holds sample data; a server without samples holds none. */
export const sampleQuery = queryOptions({
  queryKey: ["sample"],
  queryFn: async ({ signal }): Promise<SampleState> => {
    try {
      return await apiClient.get<SampleState>("/sample", { signal });
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) return { present: false };
      throw error;
    }
  },
  staleTime: 60_000,
  refetchInterval: ({ state }) => (state.data?.state === "filling" ? fillingPollMs : false),
});

export const OVERVIEW_KEY = [OVERVIEW] as const;
