import { ApiProblem, apiClient } from "@paceline/web-kit";
import type { Session } from "@paceline/web-kit";
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

/** What `GET /session` answers. */
export type SessionAnswer = {
  readonly person: { readonly id: string; readonly name: string; readonly email: string };
  readonly role: string;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly permissions: readonly string[];
};

async function readSession(): Promise<SessionAnswer | null> {
  try {
    return await apiClient.get<SessionAnswer>("/session");
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

export function toSession(answer: SessionAnswer): Session {
  return { ...answer, permissions: new Set(answer.permissions) };
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
