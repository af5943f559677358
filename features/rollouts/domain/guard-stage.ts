import type { Judged } from "./guard-judged.ts";
import type { Guard } from "./guard.ts";

/**
 * Lets a stage be passed by units of its own only: what earlier stages showed is known, and says
 * nothing about those who came with this one. What is broken is broken whoever showed it.
 *
 * @param newUnits  units exposed since the stage began
 */
export function passedInStage(guard: Guard, judged: Judged, newUnits: number): Judged {
  const { source } = guard;
  if (judged.verdict !== "pass" || source.kind !== "event-metric") return judged;
  if (judged.numbers["isComparable"] === false || newUnits >= source.minimumUnits) return judged;
  return {
    verdict: "no-data",
    reason: `${judged.reason} Only ${newUnits} of ${source.minimumUnits} units came with this stage yet.`,
    numbers: { ...judged.numbers, newUnits },
  };
}
