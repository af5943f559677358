import type { MemberView } from "@paceline/access/api";
import { apiClient, formatDuration } from "@paceline/web-kit";
import { queryOptions } from "@tanstack/react-query";

import type { RollbackExecutionDocument, RollbackState } from "../api.ts";

/** Address of a flag's way back in an environment, below `/api/v1`. */
export function rollbackPath(environment: string, flagKey: string): string {
  return `/environments/${encodeURIComponent(environment)}/flags/${encodeURIComponent(flagKey)}/rollback`;
}

/** A flag's way back and its rollbacks so far. */
export const rollbackQuery = (environment: string, flagKey: string) =>
  queryOptions({
    queryKey: ["rollbacks", environment, flagKey],
    queryFn: ({ signal }) =>
      apiClient.get<RollbackState>(rollbackPath(environment, flagKey), { signal }),
  });

/** Who may own a way back. Same key and shape as the members page, so it is read once. */
export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => apiClient.get<{ items: MemberView[] }>("/members", { signal }),
});

/** How long a rollback took to be in force. */
export function effectWords({ effectMs }: Pick<RollbackExecutionDocument, "effectMs">): string {
  return effectMs === null ? "not measured" : formatDuration(effectMs);
}
