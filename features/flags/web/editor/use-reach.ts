import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { ReachView } from "../../reach-api.ts";
import { placePath } from "../queries.ts";
import type { ConfigurationDraft } from "./edit.ts";

const typingPauseMs = 350;

/** The value once it has rested for a moment. */
function useRested<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}

export const reachQuery = (
  key: string,
  environment: string,
  configuration: ConfigurationDraft | null,
) =>
  queryOptions({
    queryKey: ["flags", "reach", key, environment, configuration],
    queryFn: ({ signal }) =>
      apiClient.post<ReachView>(
        `${placePath(key, environment)}/reach`,
        configuration === null ? {} : { configuration },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });

/** Whom the draft would reach, a moment after the last change; the last answer stays meanwhile. */
export function useReach(
  key: string,
  environment: string,
  draft: ConfigurationDraft,
  holdsTogether: boolean,
) {
  const rested = useRested(draft, typingPauseMs);
  return useQuery({ ...reachQuery(key, environment, rested), enabled: holdsTogether });
}

export type ReachQuery = ReturnType<typeof useReach>;
