import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { AuditCheckpoint, AuditPage, AuditVerification, ProvenAuditEntry } from "../api.ts";
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

const ENTRY_NAME = /^(?:\d{1,15}|[0-9a-f-]{36})$/;

/** Whether an address names an entry by its index or id; the server refuses everything else. */
export function namesEntry(text: string): boolean {
  return ENTRY_NAME.test(text);
}

export const entryQuery = (entry: string) =>
  queryOptions({
    queryKey: ["audit", "entry", entry],
    queryFn: ({ signal }) =>
      apiClient.get<ProvenAuditEntry>(`/audit/entries/${encodeURIComponent(entry)}`, { signal }),
  });

/** The latest signed state of the log. */
export const checkpointQuery = queryOptions({
  queryKey: ["audit", "checkpoint"],
  queryFn: ({ signal }) => apiClient.get<AuditCheckpoint>("/audit/checkpoint", { signal }),
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
