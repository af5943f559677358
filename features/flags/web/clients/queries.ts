import { apiClient } from "@paceline/web-kit";
import { queryOptions } from "@tanstack/react-query";

import type { Clients, Parity, ReceiptStatusView } from "../../clients-api.ts";

/** Receipts arrive within seconds of a publication; the page asks again that often. */
const againMs = 5_000;

export const clientsQuery = (environment: string) =>
  queryOptions({
    queryKey: ["flag-clients", environment],
    queryFn: ({ signal }) =>
      apiClient.get<Clients>("/flags/clients", { query: { environment }, signal }),
    refetchInterval: againMs,
  });

export const receiptsQuery = (environment: string, revision: number) =>
  queryOptions({
    queryKey: ["flag-receipts", environment, revision],
    queryFn: ({ signal }) =>
      apiClient.get<ReceiptStatusView>(`/flags/publications/${revision}/receipts`, {
        query: { environment },
        signal,
      }),
    refetchInterval: againMs,
  });

export const parityQuery = (environment: string) =>
  queryOptions({
    queryKey: ["flag-parity", environment],
    queryFn: ({ signal }) =>
      apiClient.get<Parity>("/flags/parity", { query: { environment }, signal }),
  });
