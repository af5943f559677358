import type { ContextStore, ContextToRecord } from "./context-store.ts";

/** Contexts in memory, read as the event store reads them; for tests. */
export function memoryContexts(): ContextStore & { readonly recorded: readonly ContextToRecord[] } {
  const recorded: ContextToRecord[] = [];
  const places = new WeakMap<ContextToRecord, string>();
  return {
    recorded,
    async record(workspaceId, environment, contexts) {
      for (const one of contexts) places.set(one, `${workspaceId}/${environment}`);
      recorded.push(...contexts);
    },
    async read(workspaceId, environment, { from, to, limit }) {
      const mine = recorded.filter(
        (one) =>
          places.get(one) === `${workspaceId}/${environment}` && one.at >= from && one.at < to,
      );
      const lowestShare = mine.reduce((lowest, { share }) => Math.min(lowest, share), 1);
      const newest = new Map(mine.toSorted((a, b) => a.at - b.at).map((one) => [one.rank, one]));
      return [...newest.values()]
        .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
        .slice(0, limit)
        .map(({ rank, unit, at, context }) => ({ rank, unit, at, context, lowestShare }));
    },
  };
}
