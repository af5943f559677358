import type { Experiment } from "./repository.ts";

const DAY_MS = 86_400_000;

/** The end of a run's timebox, on its environment's clock; null before the start. */
export function timeboxEnd(experiment: Pick<Experiment, "startedAt" | "criterion">): Date | null {
  if (experiment.startedAt === null) return null;
  return new Date(experiment.startedAt.getTime() + experiment.criterion.design.maxDays * DAY_MS);
}

/**
 * The instant of the newest scheduled look that is due and not taken: a whole number of days after
 * the start, at most the timebox. Looks that were missed meanwhile are folded into it, because the
 * boundaries are computed from the looks that were really taken.
 *
 * @param lastAsOf  instant of the newest look so far
 * @returns null when none is due
 */
export function dueLook(
  experiment: Pick<Experiment, "startedAt" | "criterion">,
  lastAsOf: Date | null,
  now: Date,
): Date | null {
  const { startedAt, criterion } = experiment;
  if (startedAt === null) return null;
  const days = Math.floor((now.getTime() - startedAt.getTime()) / DAY_MS);
  const day = Math.min(days, criterion.design.maxDays);
  if (day < 1) return null;
  const asOf = new Date(startedAt.getTime() + day * DAY_MS);
  return lastAsOf !== null && lastAsOf.getTime() >= asOf.getTime() ? null : asOf;
}
