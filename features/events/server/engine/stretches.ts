import { covers } from "../log/segment-name.ts";
import type { Stretch } from "../log/segment-name.ts";

/** The same stretches as few as possible: sorted, without overlaps, neighbours joined. */
export function coalesce(stretches: readonly Stretch[]): Stretch[] {
  const ordered = stretches.toSorted(
    (a, b) => (a.node === b.node ? 0 : a.node < b.node ? -1 : 1) || a.from - b.from,
  );
  const joined: Stretch[] = [];
  for (const stretch of ordered) {
    const last = joined.at(-1);
    if (last === undefined || last.node !== stretch.node || stretch.from > last.to + 1) {
      joined.push(stretch);
    } else if (stretch.to > last.to) {
      joined[joined.length - 1] = { ...last, to: stretch.to };
    }
  }
  return joined;
}

/** Whether everything of `inner` is in the stretches, which must be coalesced. */
export function isCovered(coalesced: readonly Stretch[], inner: Stretch): boolean {
  return coalesced.some((stretch) => covers(stretch, inner));
}
