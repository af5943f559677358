import { normalTail } from "./normal.ts";
import { isComputable } from "./not-computable.ts";
import type { NotComputable } from "./not-computable.ts";

/**
 * An estimate so far: effect and standard error in one unit, and the alpha (0 to 1, exclusive) that the
 * whole sequence spends.
 */
export interface ConfidenceSequenceInput {
  readonly effect: number;
  readonly se: number;
  /** Units so far, all arms of the comparison. */
  readonly n: number;
  readonly alpha: number;
  /** Units at which the sequence is tightest: take the plan's, never a constant. */
  readonly tunedTo: number;
  readonly sides: 1 | 2;
}

/** An interval that holds at every moment at once, however often it is looked at. */
export interface ConfidenceSequence {
  readonly rho: number;
  readonly halfwidth: number;
  readonly lower: number;
  readonly upper: number;
  /** Two-sided only: always-valid p value and log evidence against no effect. */
  readonly p: number | null;
  readonly logEvidence: number | null;
}

/** Asymptotic confidence sequence (Waudby-Smith and others), each bound of the one-sided form at alpha. */
export function confidenceSequence(
  input: ConfidenceSequenceInput,
): ConfidenceSequence | NotComputable {
  const { effect, se, n, alpha, tunedTo, sides } = input;
  if (!(n > 0)) return { undefined: "no_units" };
  if (!(se > 0)) return { undefined: "zero_variance" };
  const spread = -2 * Math.log(sides === 2 ? alpha : 2 * alpha);
  const rhoSquared = (spread + Math.log(spread + 1)) / tunedTo;
  const scaled = n * rhoSquared;
  const growth = Math.sqrt(scaled + 1);
  const bound = sides === 2 ? Math.log(growth / alpha) : Math.log1p(growth / (2 * alpha));
  const halfwidth = se * Math.sqrt(((2 * (scaled + 1)) / scaled) * bound);
  const logEvidence = ((effect / se) ** 2 / 2) * (scaled / (scaled + 1)) - 0.5 * Math.log1p(scaled);
  return {
    rho: Math.sqrt(rhoSquared),
    halfwidth,
    lower: effect - halfwidth,
    upper: effect + halfwidth,
    p: sides === 2 ? Math.min(1, Math.exp(-logEvidence)) : null,
    logEvidence: sides === 2 ? logEvidence : null,
  };
}

/** Power of a two-sided confidence sequence that is looked at once, at a true effect. */
export function confidenceSequencePower(
  input: Omit<ConfidenceSequenceInput, "effect" | "sides"> & { readonly delta: number },
): { readonly power: number; readonly halfwidth: number } | NotComputable {
  const { delta, ...rest } = input;
  const sequence = confidenceSequence({ ...rest, effect: delta, sides: 2 });
  if (!isComputable(sequence)) return sequence;
  const { halfwidth } = sequence;
  const above = normalTail((halfwidth - delta) / input.se);
  return { power: above + normalTail((halfwidth + delta) / input.se), halfwidth };
}
