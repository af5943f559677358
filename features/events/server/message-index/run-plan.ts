/** What decides about merging. Days are counted since 1970 by the wall clock. */
export interface PlannedRun {
  readonly from: number;
  readonly to: number;
  readonly digests: number;
  readonly lastDay: number;
}

/** Runs are merged within such a stretch of days, so that a whole file expires at once. */
export const STRETCH_DAYS = 6;
const MERGE_FAN_IN = 4;

/**
 * Neighbours to merge next, or none. Runs of the present stretch of days are merged when four of one
 * size class stand together, so that a digest is rewritten a logarithmic number of times; those of an
 * earlier stretch are made one.
 */
export function planRunMerge<R extends PlannedRun>(
  runs: readonly R[],
  today: number,
  smallest: number,
): readonly R[] {
  const sizeClass = (run: R): number =>
    Math.floor(Math.log(Math.max(1, run.digests / smallest)) / Math.log(MERGE_FAN_IN));
  const stretch = (run: R): number => Math.floor(run.lastDay / STRETCH_DAYS);
  const present = Math.floor(today / STRETCH_DAYS);
  let group: R[] = [];
  for (const run of runs.toSorted((a, b) => a.from - b.from)) {
    const last = group.at(-1);
    const past = stretch(run) < present;
    const continues =
      last !== undefined &&
      stretch(last) === stretch(run) &&
      (past || sizeClass(last) === sizeClass(run));
    if (!continues && group.length > 1 && last !== undefined && stretch(last) < present) {
      return group;
    }
    group = continues ? [...group, run] : [run];
    if (!past && group.length === MERGE_FAN_IN) return group;
  }
  const [first] = group;
  return group.length > 1 && first !== undefined && stretch(first) < present ? group : [];
}

/** Runs whose numbers lie within those of another: what an interrupted merge left. */
export function coveredRuns<R extends Pick<PlannedRun, "from" | "to">>(
  runs: readonly R[],
): readonly R[] {
  return runs.filter((inner) =>
    runs.some(
      (outer) =>
        outer !== inner &&
        outer.from <= inner.from &&
        inner.to <= outer.to &&
        (outer.from !== inner.from || outer.to !== inner.to),
    ),
  );
}
