import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { Standing, WrongState } from "./initiative.ts";
import { openTimebox } from "./timebox.ts";
import type { Timebox, TimeboxRefusal } from "./timebox.ts";

/** A sprint's hypothesis runs at most twice; needing a third run makes it a marathon. */
export const MAX_SPRINT_ITERATIONS = 2;
/** A hybrid is a chain of at most six sprints, each with its two iterations. */
export const MAX_CHAINED_SPRINTS = 6;

/** The next run of an initiative. `timebox` is null for marathons, which run by milestones. */
export interface NextIteration {
  readonly number: number;
  readonly timebox: Timebox | null;
}

/** A third iteration of a sprint: refused, and the initiative is decided anew as a marathon. */
interface ThirdIteration {
  readonly kind: "third-iteration";
  /** The iteration that was asked for. */
  readonly number: number;
}

export type IterationRefusal =
  | WrongState
  | TimeboxRefusal
  | ThirdIteration
  | { readonly kind: "owner-missing" }
  | { readonly kind: "no-mode" };

/**
 * Starts the first iteration of a ready initiative, or the next one after a verdict.
 *
 * @param used   iterations that were started before
 * @param weeks  length of the timebox, 1 to 4; not used for marathons
 */
export function startIteration(
  standing: Standing,
  used: number,
  weeks: number,
  nowMs: number,
): Result<NextIteration, IterationRefusal> {
  if (standing.state !== "ready" && standing.state !== "verdict") {
    return err({ kind: "wrong-state", state: standing.state, allowed: ["ready", "verdict"] });
  }
  const number = used + 1;
  if (standing.mode === null) return err({ kind: "no-mode" });
  if (standing.mode === "marathon") return ok({ number, timebox: null });
  const limit =
    standing.mode === "sprint"
      ? MAX_SPRINT_ITERATIONS
      : MAX_SPRINT_ITERATIONS * MAX_CHAINED_SPRINTS;
  if (number > limit) return err({ kind: "third-iteration", number });
  if (standing.ownerId === null) return err({ kind: "owner-missing" });
  const timebox = openTimebox(nowMs, weeks, standing.ownerId);
  return timebox.ok ? ok({ number, timebox: timebox.value }) : timebox;
}
