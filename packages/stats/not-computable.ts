/** Why no inference is possible. A missing answer is never dressed up as "no effect". */
export type NotComputableReason =
  | "n_below_2"
  | "zero_variance"
  | "zero_baseline"
  | "zero_denominator"
  | "no_units"
  | "no_weights"
  | "units_in_zero_weight_arm";

/** Stands where a result would be. */
export interface NotComputable {
  readonly undefined: NotComputableReason;
}

/** Tells a result from the reason why there is none. */
export function isComputable<T extends object>(result: T | NotComputable): result is T {
  return !("undefined" in result);
}
