import type { EnvironmentView } from "@paceline/access/api";
import type { AuditPage } from "@paceline/audit/api";
import type { FlagDetail, FlagSummary, ReceiptStatusView } from "@paceline/flags/api";
import { apiClient } from "@paceline/web-kit";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { GuardStateDocument, RehearsalDocument } from "../api.ts";
import type {
  Foresight,
  RolloutDocument,
  RolloutEvent,
  RolloutSummary,
  RunDocument,
  TemplateDocument,
} from "../plan-api.ts";

const shownRows = 50;
const chosenFrom = 200;
const toldEntries = 200;
/** Receipts arrive within seconds of a publication; the page asks again that often. */
const receiptsAgainMs = 5_000;
const runAgainMs = 30_000;

/** Address of a rollout below `/api/v1`. */
export function rolloutPath(id: string): string {
  return `/rollouts/${encodeURIComponent(id)}`;
}

export type RolloutFilter = {
  readonly state: string;
  readonly environment: string;
  readonly flag: string;
};

export const rolloutListQuery = ({ state, environment, flag }: RolloutFilter) =>
  infiniteQueryOptions({
    queryKey: ["rollouts", "list", state, environment, flag],
    queryFn: ({ signal, pageParam }) =>
      apiClient.get<{ items: RolloutSummary[]; next: string | null }>("/rollouts", {
        query: {
          state: state === "any" ? undefined : state,
          environment,
          flagKey: flag,
          cursor: pageParam,
          limit: shownRows,
        },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });

export const rolloutQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "one", id],
    queryFn: ({ signal }) => apiClient.get<RolloutDocument>(rolloutPath(id), { signal }),
  });

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "history", id],
    queryFn: ({ signal }) =>
      apiClient.get<{ items: RolloutEvent[] }>(`${rolloutPath(id)}/history`, { signal }),
  });

/** The durable run behind a rollout: it may stop without any news of the rollout itself. */
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "run", id],
    queryFn: ({ signal }) => apiClient.get<RunDocument>(`${rolloutPath(id)}/run`, { signal }),
    refetchInterval: runAgainMs,
  });

export const foresightQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "foresight", id],
    queryFn: ({ signal }) => apiClient.get<Foresight>(`${rolloutPath(id)}/foresight`, { signal }),
  });

export const guardStateQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "guards", id],
    queryFn: ({ signal }) =>
      apiClient.get<GuardStateDocument>(`${rolloutPath(id)}/guard-readings`, { signal }),
  });

/** Audit entries of a rollout, newest first. */
export const entriesQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "entries", id],
    queryFn: ({ signal }) =>
      apiClient.get<AuditPage>("/audit/entries", {
        query: { subjectKind: "rollout", subjectId: id, limit: toldEntries },
        signal,
      }),
  });

export const receiptsQuery = (environment: string, revision: number) =>
  queryOptions({
    queryKey: ["flag-receipts", environment, revision],
    queryFn: ({ signal }) =>
      apiClient.get<ReceiptStatusView>(`/flags/publications/${revision}/receipts`, {
        query: { environment },
        signal,
      }),
    refetchInterval: receiptsAgainMs,
  });

export const rehearsalsPath = (environment: string, flagKey: string): string =>
  `/environments/${encodeURIComponent(environment)}/flags/${encodeURIComponent(flagKey)}/rollback/rehearsals`;

export const rehearsalsQuery = (environment: string, flagKey: string) =>
  queryOptions({
    queryKey: ["rollbacks", "rehearsals", environment, flagKey],
    queryFn: ({ signal }) =>
      apiClient.get<{ items: RehearsalDocument[] }>(rehearsalsPath(environment, flagKey), {
        signal,
      }),
  });

export const templatesQuery = queryOptions({
  queryKey: ["rollout-templates"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: TemplateDocument[] }>("/rollout-templates", { signal }),
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: ({ signal }) => apiClient.get<{ items: EnvironmentView[] }>("/environments", { signal }),
});

export const flagKeysQuery = queryOptions({
  queryKey: ["flags", "keys"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: FlagSummary[]; next: string | null }>("/flags", {
      query: { limit: chosenFrom },
      signal,
    }),
});

export const flagQuery = (key: string) =>
  queryOptions({
    queryKey: ["flags", "one", key],
    queryFn: ({ signal }) =>
      apiClient.get<FlagDetail>(`/flags/${encodeURIComponent(key)}`, { signal }),
  });

/** What is read of a metric here. */
export type MetricChoice = { readonly key: string; readonly name: string };

export const metricsQuery = queryOptions({
  queryKey: ["metrics"],
  queryFn: ({ signal }) => apiClient.get<{ items: MetricChoice[] }>("/metrics", { signal }),
});

/** What is read of an initiative here. */
export type InitiativeChoice = {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  readonly state: string;
  readonly status: string;
};
export type InitiativeInView = InitiativeChoice & {
  readonly checks: readonly {
    readonly title: string;
    readonly state: string;
    readonly reason: string;
  }[];
};

export const initiativesQuery = queryOptions({
  queryKey: ["initiatives", "choices"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: InitiativeChoice[] }>("/initiatives", {
      query: { limit: 100 },
      signal,
    }),
});

export const initiativeQuery = (id: string) =>
  queryOptions({
    queryKey: ["initiatives", "standing", id],
    queryFn: ({ signal }) =>
      apiClient.get<InitiativeInView>(`/initiatives/${encodeURIComponent(id)}`, { signal }),
  });
