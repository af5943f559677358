import type { EventCatalog } from "../api.ts";

type Name = EventCatalog["events"][number];
export type Volume = { readonly at: number; readonly value: number };

/** How many events of each bucket, zero where none arrived. */
export function volumesOf(
  catalog: Pick<EventCatalog, "from" | "to" | "bucketMs">,
  names: readonly Pick<Name, "counts">[],
): readonly Volume[] {
  const counts = new Map<number, number>();
  for (const { counts: list } of names) {
    for (const { at, events } of list) {
      const key = Date.parse(at);
      counts.set(key, (counts.get(key) ?? 0) + events);
    }
  }
  const start = Math.floor(Date.parse(catalog.from) / catalog.bucketMs) * catalog.bucketMs;
  const end = Date.parse(catalog.to);
  const length = Math.max(1, Math.ceil((end - start) / catalog.bucketMs));
  return Array.from({ length }, (_, index) => {
    const at = start + index * catalog.bucketMs;
    return { at, value: counts.get(at) ?? 0 };
  });
}

/** Every event of the catalog's time, as its chart counts them, and when the newest of them came. */
export function receivedIn(catalog: Pick<EventCatalog, "from" | "to" | "bucketMs" | "events">): {
  readonly events: number;
  readonly buckets: number;
  readonly newestAt: number | null;
} {
  const bars = volumesOf(catalog, catalog.events);
  const newest = catalog.events.map(({ newestReceivedAt }) => Date.parse(newestReceivedAt));
  return {
    events: bars.reduce((sum, { value }) => sum + value, 0),
    buckets: bars.length,
    newestAt: newest.length === 0 ? null : Math.max(...newest),
  };
}
