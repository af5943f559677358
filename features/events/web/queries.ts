import type { EnvironmentView } from "@paceline/access/api";
import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  Erasure,
  EventCatalog,
  EventPlan,
  EventPlanAnswer,
  EventSources,
  EventStorage,
  ParityLatest,
  RecentEventsPage,
  Retention,
} from "../api.ts";

const catalogMs = 15_000;
const storageMs = 5_000;
const recentRows = 100;

export type RecentFilter = {
  readonly environment: string;
  readonly type?: string;
  readonly event?: string;
  readonly unit?: string;
};

/** The newest events that are stored. */
export const recentQuery = (filter: RecentFilter, limit = recentRows) =>
  queryOptions({
    queryKey: ["events", "recent", filter, limit],
    queryFn: ({ signal }) =>
      apiClient.get<RecentEventsPage>("/events", { query: { ...filter, limit }, signal }),
    placeholderData: keepPreviousData,
  });

export const catalogQuery = (environment: string, bucket: string) =>
  queryOptions({
    queryKey: ["events", "catalog", environment, bucket],
    queryFn: ({ signal }) =>
      apiClient.get<EventCatalog>("/events/catalog", { query: { environment, bucket }, signal }),
    refetchInterval: catalogMs,
    placeholderData: keepPreviousData,
  });

export const sourcesQuery = (environment: string, of: { type?: string; event?: string } = {}) =>
  queryOptions({
    queryKey: ["events", "sources", environment, of],
    queryFn: ({ signal }) =>
      apiClient.get<EventSources>("/events/sources", { query: { environment, ...of }, signal }),
    refetchInterval: catalogMs,
  });

/** Answers of plans stay as they are while they are looked at; a new plan is a new key. */
export const planQuery = (plan: EventPlan) =>
  queryOptions({
    queryKey: ["events", "plan", plan],
    queryFn: ({ signal }) => apiClient.post<EventPlanAnswer>("/events/query", plan, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const storageQuery = queryOptions({
  queryKey: ["events", "storage"],
  queryFn: ({ signal }) => apiClient.get<EventStorage>("/events/storage", { signal }),
  refetchInterval: storageMs,
});

export const parityQuery = (environment: string) =>
  queryOptions({
    queryKey: ["events", "parity", environment],
    queryFn: ({ signal }) =>
      apiClient.get<ParityLatest>("/events/parity", { query: { environment }, signal }),
  });

export const erasuresQuery = queryOptions({
  queryKey: ["events", "erasures"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: Erasure[] }>("/events/erasures", { query: { limit: 50 }, signal }),
});

export const retentionQuery = queryOptions({
  queryKey: ["events", "retention"],
  queryFn: ({ signal }) => apiClient.get<Retention>("/events/retention", { signal }),
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: ({ signal }) => apiClient.get<{ items: EnvironmentView[] }>("/environments", { signal }),
});

/** Names of those whose ids an erasure keeps. */
export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: { id: string; name: string }[] }>("/members", { signal }),
});
