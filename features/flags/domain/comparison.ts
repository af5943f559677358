import { PARTS } from "./parts.ts";

/**
 * Variant under which a rollout records the units that its exposure gate holds back: they passed
 * everything else, so they are the control that lives at the same time.
 */
export const HELD_BACK = "held-back";

/** How a rollout at one exposure share compares its units. */
export interface RolloutComparison {
  /** Written as the experiment of the exposures of both arms. */
  readonly id: string;
  /** Parts of `PARTS`, from the start of the gate: those that are exposed. */
  readonly exposedParts: number;
  /** Parts at the end of the gate: those of the held-back units that are recorded; 0 for no control. */
  readonly controlParts: number;
}

/**
 * The comparison of a rollout's stage, or null where the gate lets nobody through.
 *
 * The recorded control is as large as the exposed arm, and is taken from the far end of the gate: up
 * to one half both arms only grow, at 1 to 1, so all stages up to there add up to one comparison in
 * which no unit changes sides and no change over time looks like an effect. Beyond one half former
 * controls are exposed, so every such share is a comparison of its own that begins with its stage.
 * Where everybody is exposed there is no control; the exposures are still told apart from earlier ones.
 */
export function rolloutComparison(
  rolloutId: string,
  exposureShare: number,
): RolloutComparison | null {
  const exposedParts = Math.round(exposureShare * PARTS);
  if (exposedParts <= 0) return null;
  const rest = Math.max(0, PARTS - exposedParts);
  return {
    id: exposedParts <= rest ? `rollout:${rolloutId}` : `rollout:${rolloutId}@${exposedParts}`,
    exposedParts,
    controlParts: Math.min(exposedParts, rest),
  };
}
