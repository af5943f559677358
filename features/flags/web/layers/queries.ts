import { apiClient } from "@paceline/web-kit";
import { queryOptions } from "@tanstack/react-query";

import type { HoldoutDetail, HoldoutSummary } from "../../holdout-api.ts";
import type { LayerMap, LayerView } from "../../layer-api.ts";

const shownRows = 100;

type ListOf<T> = { items: T[]; next: string | null };

/** Layers that rules can claim slots of, or those that are archived. */
export const layersQuery = (archived = false) =>
  queryOptions({
    queryKey: ["layers", "list", archived],
    queryFn: ({ signal }) =>
      apiClient.get<ListOf<LayerView>>("/layers", {
        query: { archived: archived ? true : undefined, limit: shownRows },
        signal,
      }),
  });

export const layerMapQuery = (key: string, environment: string) =>
  queryOptions({
    queryKey: ["layers", "map", key, environment],
    queryFn: ({ signal }) =>
      apiClient.get<LayerMap>(
        `/layers/${encodeURIComponent(key)}/environments/${encodeURIComponent(environment)}/map`,
        { signal },
      ),
  });

/** Holdouts of one environment, or of all for null. */
export const holdoutsQuery = (environment: string | null) =>
  queryOptions({
    queryKey: ["holdouts", "list", environment],
    queryFn: ({ signal }) =>
      apiClient.get<ListOf<HoldoutSummary>>("/holdouts", {
        query: { environment: environment ?? undefined, limit: shownRows },
        signal,
      }),
  });

export const holdoutQuery = (key: string) =>
  queryOptions({
    queryKey: ["holdouts", "one", key],
    queryFn: ({ signal }) =>
      apiClient.get<HoldoutDetail>(`/holdouts/${encodeURIComponent(key)}`, { signal }),
  });
