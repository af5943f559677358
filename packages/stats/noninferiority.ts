import { effectOf } from "./comparison.ts";
import type { ArmEstimate, Scale } from "./comparison.ts";
import { isComputable } from "./not-computable.ts";
import type { NotComputable } from "./not-computable.ts";
import { tTail, tTailQuantile } from "./student-t.ts";

/** `pass`: harm beyond the margin is excluded; `breached`: it is proven; `worse`: some harm is proven. */
export type GuardrailState = "pass" | "breached" | "worse" | "open";

/** Which harm is accepted, and how sure one must be. */
export interface NonInferiorityOptions {
  /** The largest harm that is accepted, positive, on `scale`. */
  readonly margin: number;
  readonly higherIsBetter: boolean;
  /** Of each one-sided bound. */
  readonly alpha: number;
  readonly scale?: Scale;
}

/**
 * What a guardrail shows: the oriented effect with its one-sided bounds, and the test of harm beyond
 * the margin.
 */
export interface NonInferiority {
  /** Larger is better. */
  readonly orientedEffect: number;
  readonly se: number;
  readonly df: number;
  readonly t: number;
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
  readonly state: GuardrailState;
}

/** State of a guardrail from its oriented interval; a bound equal to the threshold is not beyond it. */
export function guardrailState(lower: number, upper: number, margin: number): GuardrailState {
  if (lower > -margin) return "pass";
  if (upper < -margin) return "breached";
  return upper < 0 ? "worse" : "open";
}

/** One-sided test of `oriented effect <= -margin`. */
export function nonInferiority(
  a: ArmEstimate,
  b: ArmEstimate,
  options: NonInferiorityOptions,
): NonInferiority | NotComputable {
  const found = effectOf(a, b, options.scale);
  if (!isComputable(found)) return found;
  const { se, df } = found;
  const orientedEffect = options.higherIsBetter ? found.effect : 0 - found.effect;
  const t = (orientedEffect + options.margin) / se;
  const halfwidth = tTailQuantile(options.alpha, df) * se;
  const lower = orientedEffect - halfwidth;
  const upper = orientedEffect + halfwidth;
  const state = guardrailState(lower, upper, options.margin);
  return { orientedEffect, se, df, t, p: tTail(t, df), lower, upper, state };
}
