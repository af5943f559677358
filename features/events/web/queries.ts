import type { EnvironmentView } from "@paceline/access/api";
import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { EventCatalog, EventStorage, RecentEventsPage } from "../api.ts";

const liveMs = 3_000;
const catalogMs = 15_000;
const shownRows = 50;

type Filter = { readonly environment: string; readonly event: string; readonly unit: string };

/** The newest events; read anew every few seconds, since intake tells nobody of single events. */
export const recentQuery = ({ environment, event, unit }: Filter) =>
  queryOptions({
    queryKey: ["events", "recent", environment, event, unit],
    queryFn: ({ signal }) =>
      apiClient.get<RecentEventsPage>("/events", {
        query: { environment, event, unit, limit: shownRows },
        signal,
      }),
    refetchInterval: liveMs,
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

export const storageQuery = queryOptions({
  queryKey: ["events", "storage"],
  queryFn: ({ signal }) => apiClient.get<EventStorage>("/events/storage", { signal }),
  refetchInterval: catalogMs,
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: ({ signal }) => apiClient.get<{ items: EnvironmentView[] }>("/environments", { signal }),
});
