import type { EnvironmentView, MemberView } from "@paceline/access/api";
import { apiClient } from "@paceline/web-kit";
import type { FoundObject } from "@paceline/web-kit";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Static } from "typebox";

import type { FlagDetail, FlagList, PublicationView, RevisionDetailSchema } from "../api.ts";
import type { RecordedContextsView } from "../contexts-api.ts";
import type { StaleFlagView } from "../stale-api.ts";
import { flagPage } from "./pages.ts";

export type RevisionDetail = Static<typeof RevisionDetailSchema>;
export type FlagFilter = {
  readonly text: string;
  readonly kind: string;
  readonly environment: string;
  readonly owner: string;
  readonly tag: string;
  readonly lifecycle: string;
  readonly archived: boolean;
  readonly internal: boolean;
  readonly sort: string;
};

const shownRows = 50;
const chosenFrom = 200;
const foundRows = 8;

/** Address of a flag below `/api/v1`. */
export function flagPath(key: string): string {
  return `/flags/${encodeURIComponent(key)}`;
}

/** Address of what a flag does in one environment. */
export function placePath(key: string, environment: string): string {
  return `${flagPath(key)}/environments/${encodeURIComponent(environment)}`;
}

function known(value: string, none: string): string | undefined {
  return value === none ? undefined : value;
}

export const flagListQuery = (filter: FlagFilter) => {
  const { text, kind, environment, owner, tag, lifecycle, archived, internal, sort } = filter;
  return infiniteQueryOptions({
    queryKey: [
      "flags",
      "list",
      text,
      kind,
      environment,
      owner,
      tag,
      lifecycle,
      archived,
      internal,
      sort,
    ],
    queryFn: ({ signal, pageParam }) =>
      apiClient.get<FlagList>("/flags", {
        query: {
          text,
          kind: known(kind, "any"),
          environment: known(environment, ""),
          owner: known(owner, ""),
          tag: known(tag, ""),
          lifecycle: known(lifecycle, "any"),
          archived: archived ? true : undefined,
          internal: internal ? true : undefined,
          sort: known(sort, "key"),
          cursor: known(pageParam, ""),
          limit: shownRows,
        },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
};

/** The keys that other flags can be chosen from. */
export const flagKeysQuery = queryOptions({
  queryKey: ["flags", "keys"],
  queryFn: ({ signal }) =>
    apiClient.get<FlagList>("/flags", { query: { limit: chosenFrom }, signal }),
});

export const staleQuery = queryOptions({
  queryKey: ["stale-flags"],
  queryFn: ({ signal }) => apiClient.get<{ items: StaleFlagView[] }>("/stale-flags", { signal }),
  staleTime: 60_000,
});

export const flagQuery = (key: string) =>
  queryOptions({
    queryKey: ["flags", "one", key],
    queryFn: ({ signal }) => apiClient.get<FlagDetail>(flagPath(key), { signal }),
  });

export const revisionsQuery = (key: string, environment: string) =>
  infiniteQueryOptions({
    queryKey: ["flags", "revisions", key, environment],
    queryFn: ({ signal, pageParam }) =>
      apiClient.get<{ items: PublicationView[]; next: string | null }>(
        `${placePath(key, environment)}/revisions`,
        { query: { cursor: pageParam === "" ? undefined : pageParam }, signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const revisionQuery = (
  key: string,
  environment: string,
  revision: string,
  against: string | undefined,
) =>
  queryOptions({
    queryKey: ["flags", "revision", key, environment, revision, against],
    queryFn: ({ signal }) =>
      apiClient.get<RevisionDetail>(
        `${placePath(key, environment)}/revisions/${encodeURIComponent(revision)}`,
        { query: { against }, signal },
      ),
    // A revision never changes.
    staleTime: Infinity,
  });

export const recordedContextsQuery = (environment: string) =>
  queryOptions({
    queryKey: ["recorded-contexts", environment],
    queryFn: ({ signal }) =>
      apiClient.get<RecordedContextsView>(`/recorded-contexts/${encodeURIComponent(environment)}`, {
        signal,
      }),
    staleTime: 60_000,
  });

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: ({ signal }) => apiClient.get<{ items: EnvironmentView[] }>("/environments", { signal }),
});

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => apiClient.get<{ items: MemberView[] }>("/members", { signal }),
});

/** Flags for the palette, by key or description. */
export async function findFlags(
  text: string,
  signal: AbortSignal,
): Promise<readonly FoundObject[]> {
  const { items } = await apiClient.get<FlagList>("/flags", {
    query: { text, limit: foundRows },
    signal,
  });
  return items.map(({ key }) => ({
    id: key,
    label: key,
    note: "Flag",
    to: flagPage.href({ flagKey: key }),
  }));
}
