import { apiClient } from "@paceline/web-kit";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Static } from "typebox";

import type { ExplanationSchema } from "../../api.ts";
import type { ExplainedAt } from "../../time-travel-api.ts";
import { flagPath } from "../queries.ts";

export type Explanation = Static<typeof ExplanationSchema>;

/** One unit and what is known of it. */
export interface Question {
  readonly key: string;
  readonly environment: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** Nobody has asked yet. */
  readonly isAsked: boolean;
}

export const explainQuery = ({ key, environment, context, isAsked }: Question) =>
  queryOptions({
    queryKey: ["flags", "explain", key, environment, context],
    queryFn: ({ signal }) =>
      apiClient.post<Explanation>(
        `${flagPath(key)}/evaluate`,
        { environment, context },
        { signal },
      ),
    enabled: isAsked,
  });

export const explainAtQuery = ({ key, environment, context, isAsked }: Question, at: string) =>
  queryOptions({
    queryKey: ["flags", "explain-at", key, environment, at, context],
    queryFn: ({ signal }) =>
      apiClient.post<ExplainedAt>(
        `${flagPath(key)}/explain-at`,
        { environment, at, context },
        { signal },
      ),
    enabled: isAsked,
    placeholderData: keepPreviousData,
    // Revisions never change, so neither does the past.
    staleTime: Infinity,
  });

type Attributes = Record<string, unknown>;

function isRecord(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The attributes as JSON, or where the text stops being an object. */
export function readAttributes(
  text: string,
): { readonly attributes: Attributes } | { readonly fault: string } {
  try {
    const value: unknown = JSON.parse(text.trim() === "" ? "{}" : text);
    return isRecord(value) ? { attributes: value } : { fault: "must be an object: { … }" };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : "is not JSON" };
  }
}
