import { QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { QueryKey, UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ErrorState } from "../components/ErrorState.tsx";
import { notify } from "../components/notify.ts";
import { StaleNote } from "../components/StaleNote.tsx";
import { asProblem } from "./problem.ts";

const maxRetries = 2;

/** Reads are tried again only where that can help: no answer, 429, 502 to 504. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < maxRetries && mayPass(error),
      },
      mutations: { retry: false },
    },
  });
}

function mayPass(error: unknown): boolean {
  const { status } = asProblem(error);
  return status === 0 || status === 429 || (status >= 502 && status <= 504);
}

/**
 * Shows a query: the skeleton until data is there, the error when it never came, and stale data
 * with its age when a later read failed.
 */
export function Loaded<T>(props: {
  query: UseQueryResult<T>;
  /** Shaped like what will come; it stays invisible for the first 150 ms. */
  skeleton: ReactNode;
  children: (value: T) => ReactNode;
}): ReactNode {
  const { query, skeleton, children } = props;
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <StaleNote since={query.dataUpdatedAt} onRetry={retry} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <ErrorState error={query.error} onRetry={retry} />;
  return skeleton;
}

export type Command<Input, Output> = UseMutationResult<Output, Error, Input>;

/**
 * Runs a command of the API: reads the named queries anew on success, and shows what went wrong
 * as a toast unless the form shows it (`inline`).
 */
export function useCommand<Input, Output>(options: {
  run: (input: Input) => Promise<Output>;
  /** Query keys to read anew; a prefix covers all below it. */
  refresh?: readonly QueryKey[];
  /** One short sentence for the toast: what has happened. */
  done?: string | ((output: Output) => string);
  /** The form shows the problem itself. */
  inline?: boolean;
  onDone?: (output: Output, input: Input) => void;
}): Command<Input, Output> {
  const queries = useQueryClient();
  return useMutation<Output, Error, Input>({
    mutationFn: options.run,
    onSuccess: (output, input) => {
      for (const queryKey of options.refresh ?? []) void queries.invalidateQueries({ queryKey });
      const { done } = options;
      if (done !== undefined) notify.done(typeof done === "string" ? done : done(output));
      options.onDone?.(output, input);
    },
    onError: (error) => {
      if (options.inline !== true) notify.problem(asProblem(error));
    },
  });
}
