import { useParams, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

import type { Fields, Page, PathParams } from "./page.ts";
import type { SearchOf } from "./search-fields.ts";

/** The parameters in the present address. */
export function usePageParams<Path extends string, F extends Fields>(
  page: Page<Path, F>,
): PathParams<Path> {
  const raw: Readonly<Record<string, unknown>> = useParams({ strict: false });
  return useMemo(() => page.readParams(raw), [page, raw]);
}

export type UpdateSearch<F> = (
  change: Partial<SearchOf<F>>,
  /** `push` makes Back undo it: for tabs and panels. Filters and sorting replace. */
  how?: "push" | "replace",
) => void;

/** The query string as typed values, and how to change some of them. */
export function usePageSearch<Path extends string, F extends Fields>(
  page: Page<Path, F>,
): [search: SearchOf<F>, update: UpdateSearch<F>] {
  const raw: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const router = useRouter();
  const search = useMemo(() => page.readSearch(raw), [page, raw]);
  const update = useCallback<UpdateSearch<F>>(
    (change, how = "replace") => {
      const { pathname, search: present } = router.history.location;
      const now = page.readSearch(Object.fromEntries(new URLSearchParams(present)));
      const query = new URLSearchParams(page.writeSearch({ ...now, ...change })).toString();
      router.history[how](query === "" ? pathname : `${pathname}?${query}`);
    },
    [page, router],
  );
  return [search, update];
}

/** The present address with a few values changed, for links such as a panel's row. */
export function useHrefWith<Path extends string, F extends Fields>(
  page: Page<Path, F>,
): (change: Partial<SearchOf<F>>) => string {
  const raw: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const { pathname } = useRouter().history.location;
  return useCallback(
    (change) => {
      const search = { ...page.readSearch(raw), ...change };
      const query = new URLSearchParams(page.writeSearch(search)).toString();
      return query === "" ? pathname : `${pathname}?${query}`;
    },
    [page, pathname, raw],
  );
}

/** Goes to an address of this app. */
export function useGoTo(): (address: string) => void {
  const router = useRouter();
  return useCallback((address) => router.history.push(address), [router]);
}
