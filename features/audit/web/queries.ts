import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { AuditPage, AuditVerification, ProvenAuditEntry } from "../api.ts";
import { endOfDay, startOfDay } from "./words.ts";

const rowsRead = 50;

export type AuditFilter = {
  readonly action: string;
  readonly actor: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  /** Calendar days, UTC, both included. */
  readonly from: string;
  readonly to: string;
};

export const entriesQuery = (filter: AuditFilter, cursor: string | undefined) => {
  const { action, actor, subjectKind, subjectId, from, to } = filter;
  const query = { action, actor, subjectKind, subjectId, limit: rowsRead, cursor };
  const span = { from: startOfDay(from), to: endOfDay(to) };
  return queryOptions({
    queryKey: ["audit", "entries", filter, cursor ?? ""],
    queryFn: ({ signal }) =>
      apiClient.get<AuditPage>("/audit/entries", { signal, query: { ...query, ...span } }),
    placeholderData: keepPreviousData,
  });
};

export const entryQuery = (entry: string) =>
  queryOptions({
    queryKey: ["audit", "entry", entry],
    queryFn: ({ signal }) =>
      apiClient.get<ProvenAuditEntry>(`/audit/entries/${encodeURIComponent(entry)}`, { signal }),
  });

/** Checks the whole log anew each time that it runs; what was found stays shown with its time. */
export const verificationQuery = queryOptions({
  queryKey: ["audit-verification"],
  queryFn: ({ signal }) =>
    apiClient.post<AuditVerification>("/audit/verifications", {}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
});

/** What is read of a member; the access feature writes to this log, so it cannot be imported here. */
type Member = { readonly id: string; readonly name: string };

export const membersQuery = queryOptions({
  queryKey: ["audit", "members"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: Member[] }>("/members", { signal, query: { limit: 200 } }),
});
