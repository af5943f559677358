import type { AuditPage } from "@paceline/audit/api";
import { apiClient } from "@paceline/web-kit";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  Board,
  InitiativeDetail,
  InitiativeSummary,
  PolicyAnswer,
  PreviewAnswer,
  PreviewInput,
} from "../api.ts";

/** Everything below this key is read anew when an initiative changes. */
export const INITIATIVES_KEY = ["initiatives"] as const;
export const INITIATIVES_TOPIC = "initiatives";

type InitiativePage = { readonly items: InitiativeSummary[]; readonly next: string | null };

/** What a list is narrowed to, as the address says it. */
export type ListQuery = {
  readonly states: readonly string[];
  readonly modes: readonly string[];
  readonly owner: string | undefined;
  readonly search: string;
  readonly sort: string;
};

const pageSize = 100;

function listAddress(query: ListQuery, cursor: string | null): string {
  const entries: [string, string][] = [
    ["limit", String(pageSize)],
    ["sort", query.sort],
    ...query.states.map((state): [string, string] => ["state", state]),
    ...query.modes.map((mode): [string, string] => ["mode", mode]),
    ...(query.owner === undefined ? [] : [["owner", query.owner] satisfies [string, string]]),
    ...(query.search === "" ? [] : [["search", query.search] satisfies [string, string]]),
    ...(cursor === null ? [] : [["cursor", cursor] satisfies [string, string]]),
  ];
  return `/initiatives?${new URLSearchParams(entries).toString()}`;
}

export const listQuery = (query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: [...INITIATIVES_KEY, "list", query],
    queryFn: ({ signal, pageParam }) =>
      apiClient.get<InitiativePage>(listAddress(query, pageParam), { signal }),
    initialPageParam: startCursor(),
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

function startCursor(): string | null {
  return null;
}

export const boardQuery = queryOptions({
  queryKey: [...INITIATIVES_KEY, "board"],
  queryFn: ({ signal }) => apiClient.get<Board>("/initiatives/board", { signal }),
});

export const initiativeQuery = (id: string) =>
  queryOptions({
    queryKey: [...INITIATIVES_KEY, "one", id],
    queryFn: ({ signal }) => apiClient.get<InitiativeDetail>(`/initiatives/${id}`, { signal }),
  });

/** What the policy would say; the last answer stays while the next one is on its way. */
export const previewQuery = (input: PreviewInput) =>
  queryOptions({
    queryKey: [...INITIATIVES_KEY, "preview", input],
    queryFn: ({ signal }) =>
      apiClient.post<PreviewAnswer>("/initiatives/preview", input, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

/** What the policy would say about a stored initiative as it stands; read anew with its version. */
export const standingQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: [...INITIATIVES_KEY, "standing", id, version],
    queryFn: ({ signal }) =>
      apiClient.post<PreviewAnswer>("/initiatives/preview", { initiativeId: id }, { signal }),
    staleTime: 30_000,
  });

export const policyQuery = queryOptions({
  queryKey: [...INITIATIVES_KEY, "policy"],
  queryFn: ({ signal }) => apiClient.get<PolicyAnswer>("/policy", { signal }),
});

/** The members of the workspace, as far as this feature shows them. */
export type Member = { readonly id: string; readonly name: string; readonly role: string };

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => apiClient.get<{ items: Member[] }>("/members", { signal }),
  staleTime: 60_000,
});

/** An experiment of an initiative; the experiments feature answers more. */
export type RelatedExperiment = {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly flagKey: string;
  readonly environment: string;
  readonly verdict:
    | "invalid"
    | "rollback"
    | "continue"
    | "inconclusive"
    | "ship"
    | "iterate"
    | null;
};

export const experimentsOfQuery = (initiativeId: string) =>
  queryOptions({
    queryKey: ["experiments", "of-initiative", initiativeId],
    queryFn: ({ signal }) =>
      apiClient.get<{ items: RelatedExperiment[] }>("/experiments", {
        signal,
        query: { initiativeId, limit: 50 },
      }),
  });

export const historyQuery = (initiativeId: string) =>
  queryOptions({
    queryKey: [...INITIATIVES_KEY, "history", initiativeId],
    queryFn: ({ signal }) =>
      apiClient.get<AuditPage>("/audit/entries", {
        signal,
        query: { subjectKind: "initiative", subjectId: initiativeId, limit: 30 },
      }),
  });
