import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  BadEventPage,
  BadGroupKey,
  BadGroups,
  EditsPreview,
  MappingView,
  RunView,
} from "../../bad-event-api.ts";
import type { EventEdit } from "../../domain/index.ts";

const refreshMs = 10_000;
const runMs = 1_000;
const shown = 25;

/** Bad events since `from`; the last day of the environment's clock if absent. */
export const badGroupsQuery = (environment: string, from: string | undefined, span: string) =>
  queryOptions({
    queryKey: ["bad-events", "groups", environment, span],
    queryFn: ({ signal }) =>
      apiClient.get<BadGroups>("/events/bad", { query: { environment, from }, signal }),
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });

export const badListQuery = (environment: string, group: BadGroupKey, cursor: string | undefined) =>
  queryOptions({
    queryKey: ["bad-events", "list", environment, group, cursor],
    queryFn: ({ signal }) =>
      apiClient.post<BadEventPage>(
        "/events/bad/list",
        { environment, group, limit: shown, ...(cursor === undefined ? {} : { cursor }) },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });

export const editsPreviewQuery = (
  environment: string,
  group: BadGroupKey,
  edits: readonly EventEdit[],
) =>
  queryOptions({
    queryKey: ["bad-events", "preview", environment, group, edits],
    queryFn: ({ signal }) =>
      apiClient.post<EditsPreview>(
        "/events/bad/preview",
        { environment, group, edits },
        { signal },
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const runsQuery = (environment: string) =>
  queryOptions({
    queryKey: ["bad-events", "runs", environment],
    queryFn: ({ signal }) =>
      apiClient.get<{ items: RunView[] }>("/events/bad-runs", { query: { environment }, signal }),
    refetchInterval: ({ state }) =>
      state.data?.items.some((run) => run.state === "running") === true ? runMs : refreshMs,
  });

export const mappingsQuery = queryOptions({
  queryKey: ["bad-events", "mappings"],
  queryFn: ({ signal }) => apiClient.get<{ items: MappingView[] }>("/events/mappings", { signal }),
});
