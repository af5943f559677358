import type { EnvironmentView, MemberView } from "@paceline/access/api";
import type { InitiativeDetail } from "@paceline/initiatives/api";
import { ApiProblem, apiClient, useNow } from "@paceline/web-kit";
import { queryOptions, useQuery } from "@tanstack/react-query";

import type {
  AnalysisDocument,
  ExperimentDetail,
  ExperimentSummary,
  FlagRollbacks,
  MetricDocument,
  MonitorState,
  Readiness,
} from "../api.ts";

export type ExperimentList = { items: ExperimentSummary[]; next: string | null };

const shownRows = 200;

export const experimentsQuery = queryOptions({
  queryKey: ["experiments", "list"],
  queryFn: ({ signal }) =>
    apiClient.get<ExperimentList>("/experiments", { query: { limit: shownRows }, signal }),
});

export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiments", "one", id],
    queryFn: ({ signal }) => apiClient.get<ExperimentDetail>(`/experiments/${id}`, { signal }),
  });

export const readinessQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiments", "readiness", id],
    queryFn: ({ signal }) => apiClient.get<Readiness>(`/experiments/${id}/readiness`, { signal }),
  });

/** All data of an ended run; the server refuses it while the run goes on. */
export const readingQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiments", "reading", id],
    queryFn: ({ signal }) =>
      apiClient.get<AnalysisDocument>(`/experiments/${id}/reading`, { signal }),
    staleTime: 60_000,
  });

export const sqlQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiments", "sql", id],
    queryFn: ({ signal }) => apiClient.get<{ sql: string }>(`/experiments/${id}/sql`, { signal }),
  });

/** The monitor's newest reading, null before the first one and after the end. */
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
  });

/** The flag's rollbacks so far. Same key and answer as its way back, so it is read once. */
export const rollbacksQuery = (environment: string, flagKey: string) =>
  queryOptions({
    queryKey: ["rollbacks", environment, flagKey],
    queryFn: ({ signal }) =>
      apiClient.get<FlagRollbacks>(
        `/environments/${encodeURIComponent(environment)}/flags/${encodeURIComponent(flagKey)}/rollback`,
        { signal },
      ),
  });

export const metricsQuery = queryOptions({
  queryKey: ["metrics"],
  queryFn: ({ signal }) => apiClient.get<{ items: MetricDocument[] }>("/metrics", { signal }),
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: ({ signal }) => apiClient.get<{ items: EnvironmentView[] }>("/environments", { signal }),
});

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => apiClient.get<{ items: MemberView[] }>("/members", { signal }),
});

export const initiativeQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["initiatives", "one", id],
    queryFn: ({ signal }) => apiClient.get<InitiativeDetail>(`/initiatives/${id}`, { signal }),
    enabled: id !== null,
  });

/** The present in an environment: its own clock where it replays the past. */
export function useEnvironmentNow(): (environment: string) => number {
  const now = useNow();
  const environments = useQuery(environmentsQuery);
  return (environment) => {
    const found = environments.data?.items.find(({ key }) => key === environment);
    return found?.simulatedNow == null ? now : Date.parse(found.simulatedNow);
  };
}
