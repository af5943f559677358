import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";

import { membersQuery } from "./queries.ts";
import type { Member } from "./queries.ts";

/** The members, and the name of one by id; undefined for nobody and for who is not known. */
export function usePeople(): {
  readonly members: readonly Member[];
  readonly nameOf: (id: string | null) => string | undefined;
} {
  const { data } = useQuery(membersQuery);
  const members = data?.items ?? none;
  const nameOf = useCallback(
    (id: string | null) => {
      if (id === null) return undefined;
      return members.find((member) => member.id === id)?.name ?? "Former member";
    },
    [members],
  );
  return { members, nameOf };
}

const none: readonly Member[] = [];

/** The value as it was when it last stayed the same for a while. */
export function useSettled<T>(value: T, forMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), forMs);
    return () => clearTimeout(timer);
  }, [value, forMs]);
  return settled;
}
