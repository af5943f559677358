import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { PlanCheckView, PlanDetail, PlanPreview, PlanSummary } from "../../plan-api.ts";

const arrivalMs = 10_000;
const most = 200;

export const plansQuery = queryOptions({
  queryKey: ["plans", "list"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: PlanSummary[]; next: string | null }>("/telemetry-plans", {
      query: { limit: most },
      signal,
    }),
  refetchInterval: arrivalMs,
});

export const planQuery = (name: string) =>
  queryOptions({
    queryKey: ["plans", "one", name],
    queryFn: ({ signal }) =>
      apiClient.get<PlanDetail>(`/telemetry-plans/${encodeURIComponent(name)}`, { signal }),
    refetchInterval: arrivalMs,
  });

/** Faults of a schema, and what it changes; null while the text is no JSON. */
export const planCheckQuery = (name: string, schema: unknown, text: string) =>
  queryOptions({
    queryKey: ["plans", "check", name, text],
    queryFn: ({ signal }) =>
      apiClient.post<PlanCheckView>("/telemetry-plan-checks", { schema, name }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });

export const planPreviewQuery = (
  name: string,
  version: string,
  schema: unknown,
  environment: string,
) =>
  queryOptions({
    queryKey: ["plans", "preview", name, version, environment],
    queryFn: ({ signal }) =>
      apiClient.post<PlanPreview>(
        `/telemetry-plans/${encodeURIComponent(name)}/preview`,
        { schema, environment },
        { signal },
      ),
  });

type InitiativeName = { readonly id: string; readonly key: string; readonly title: string };

export const initiativeNamesQuery = queryOptions({
  queryKey: ["initiatives", "names"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: InitiativeName[] }>("/initiatives", { query: { limit: most }, signal }),
});
