import { apiClient } from "@paceline/web-kit";
import { queryOptions } from "@tanstack/react-query";
import type { Static } from "typebox";

import type { ComparisonView } from "../../compare-api.ts";
import type { FlagTestRunView, FlagTestsView } from "../../flag-test-api.ts";
import type { FlagReferencesView } from "../../stale-api.ts";
import { flagPath, placePath } from "../queries.ts";

export type Tests = Static<typeof FlagTestsView>;

export const testsQuery = (key: string, environment: string) =>
  queryOptions({
    queryKey: ["flags", "tests", key, environment],
    queryFn: ({ signal }) =>
      apiClient.get<Tests>(`${placePath(key, environment)}/tests`, { signal }),
  });

/** What the tests say of the draft, or of what is in force. */
export const testRunQuery = (key: string, environment: string, of: "draft" | "published") =>
  queryOptions({
    queryKey: ["flags", "test-run", key, environment, of],
    queryFn: ({ signal }) =>
      apiClient.post<FlagTestRunView>(
        `${placePath(key, environment)}/tests/run`,
        { of },
        { signal },
      ),
  });

export const comparisonQuery = (key: string, environment: string) =>
  queryOptions({
    queryKey: ["flags", "compare", key, environment],
    queryFn: ({ signal }) =>
      apiClient.post<ComparisonView>(`${placePath(key, environment)}/compare`, {}, { signal }),
    staleTime: 0,
  });

export const referencesQuery = (key: string) =>
  queryOptions({
    queryKey: ["flags", "references", key],
    queryFn: ({ signal }) =>
      apiClient.get<FlagReferencesView>(`${flagPath(key)}/references`, { signal }),
  });
