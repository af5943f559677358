import { apiClient } from "@paceline/web-kit";
import { queryOptions } from "@tanstack/react-query";

import type { AlertReceiverView, AlertView } from "../../api.ts";

export const receiversQuery = queryOptions({
  queryKey: ["alert-receivers"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: AlertReceiverView[] }>("/alert-receivers", { signal }),
});

export const alertsQuery = queryOptions({
  queryKey: ["alerts"],
  queryFn: ({ signal }) => apiClient.get<{ items: AlertView[] }>("/alerts", { signal }),
});
