import { confidenceSequence } from "./confidence-sequence.ts";
import { normalTailQuantile } from "./normal.ts";
import { isComputable } from "./not-computable.ts";

/** A one-sided test for harm that may be looked at all the time, tuned to find great harm early. */
export interface HarmDesign {
  readonly alpha: number;
  /**
   * Margin over standard error at the planned sample: there harm of the margin is proven with the
   * design's power, and harm of twice the margin at a quarter of it.
   */
  readonly drift: number;
}

/** Critical value of the one-sided sequence at information `n`, in standard errors. */
function boundAt(n: number, tunedTo: number, alpha: number): number {
  const unit = confidenceSequence({ effect: 0, se: 1, n, alpha, tunedTo, sides: 1 });
  return isComputable(unit) ? unit.halfwidth : Infinity;
}

/**
 * Design whose boundary is lowest where harm of twice the margin should be found: at a quarter of
 * the planned sample, where such harm is as many standard errors away as the margin is at all of it.
 *
 * @param alpha  false alarms over all looks together, below 0.5
 * @param power  at the quarter alone; the looks before it only add to it
 */
export function harmDesign(alpha: number, power = 0.95): HarmDesign {
  return { alpha, drift: boundAt(1, 1, alpha) + normalTailQuantile(1 - power) };
}

/**
 * How many standard errors harm must lie above zero to be proven, at any moment and however often
 * it is looked at (one-sided asymptotic confidence sequence, Waudby-Smith and others).
 *
 * @param margin  and `se` on the same scale; Infinity where there is no information
 */
export function harmBound({ alpha, drift }: HarmDesign, margin: number, se: number): number {
  const information = (margin / se) ** 2;
  return information > 0 && Number.isFinite(information)
    ? boundAt(information, (drift / 2) ** 2, alpha)
    : Infinity;
}
