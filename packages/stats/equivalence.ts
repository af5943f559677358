import { effectOf } from "./comparison.ts";
import type { ArmEstimate, Effect, Scale } from "./comparison.ts";
import { isComputable } from "./not-computable.ts";
import type { NotComputable } from "./not-computable.ts";
import { tTail, tTailQuantile } from "./student-t.ts";

/** Two one-sided tests against the bounds (Schuirmann 1987); `p` is the larger of the two. */
export interface Equivalence extends Effect {
  readonly pLower: number;
  readonly pUpper: number;
  readonly p: number;
  /** At confidence 1 - 2 alpha: inside the bounds exactly when equivalent. */
  readonly interval: readonly [number, number];
  readonly equivalent: boolean;
}

/** Two one-sided tests that the effect lies within plus and minus `bound`. */
export function equivalence(
  a: ArmEstimate,
  b: ArmEstimate,
  options: { readonly bound: number; readonly alpha: number; readonly scale?: Scale },
): Equivalence | NotComputable {
  const found = effectOf(a, b, options.scale);
  if (!isComputable(found)) return found;
  const { effect, se, df } = found;
  const pLower = tTail((effect + options.bound) / se, df);
  const pUpper = tTail((options.bound - effect) / se, df);
  const p = Math.max(pLower, pUpper);
  const halfwidth = tTailQuantile(options.alpha, df) * se;
  return {
    ...found,
    pLower,
    pUpper,
    p,
    interval: [effect - halfwidth, effect + halfwidth],
    equivalent: p < options.alpha,
  };
}
