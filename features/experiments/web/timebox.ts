import type { ExperimentSummary } from "../api.ts";

const dayMs = 86_400_000;

/** "day 3 of 14" while it runs, "14 days" of a finished run; undefined before the start. */
export function dayWords(
  { startedAt, endsAt, state }: Pick<ExperimentSummary, "startedAt" | "endsAt" | "state">,
  now: number,
): string | undefined {
  if (startedAt === null || endsAt === null) return undefined;
  const start = Date.parse(startedAt);
  const all = Math.round((Date.parse(endsAt) - start) / dayMs);
  if (state !== "running") return `timebox of ${all} days`;
  const day = Math.min(all, Math.max(1, Math.floor((now - start) / dayMs) + 1));
  return `day ${day} of ${all}`;
}

export type Phase = "running" | "waiting" | "finished";

/** In which part of the list an experiment stands. */
export function phaseOf({ state }: Pick<ExperimentSummary, "state">): Phase {
  switch (state) {
    case "running":
      return "running";
    case "draft":
    case "locked":
      return "waiting";
    case "concluded":
    case "stopped":
      return "finished";
  }
}
