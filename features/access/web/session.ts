import { ApiProblem, apiClient } from "@paceline/web-kit";
import type { Session } from "@paceline/web-kit";
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import type { SessionView } from "../api.ts";

async function readSession(): Promise<SessionView | null> {
  try {
    return await apiClient.get<SessionView>("/session");
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}

/** Who is signed in; null is nobody. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: readSession,
  staleTime: 60_000,
});

/** The session of a person; undefined for an API key, which has no screens. */
export function toSession(view: SessionView): Session | undefined {
  const { person, role, workspace, permissions } = view;
  if (person === null || role === null) return undefined;
  return { person, role, workspace, permissions: new Set(permissions) };
}

/** Ends the session on the server, then forgets everything that was read in it. */
export function useSignOut(): () => void {
  const queries = useQueryClient();
  return useCallback(() => {
    const forget = () => {
      queries.clear();
      globalThis.location.assign("/sign-in");
    };
    apiClient.delete("/session").then(forget, forget);
  }, [queries]);
}
