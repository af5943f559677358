import { intervalAround } from "./comparison.ts";
import type { NotComputable } from "./not-computable.ts";

/** Mixture sequential probability ratio test with a normal mixture. */
export interface MixtureTest {
  readonly logLambda: number;
  /** Always valid. */
  readonly p: number;
  readonly interval: readonly [number, number];
}

/** `tau` is the deviation of the effects that the test is tuned to. */
export function mixtureTest(input: {
  readonly effect: number;
  readonly se: number;
  readonly tau: number;
  readonly alpha: number;
}): MixtureTest | NotComputable {
  const { effect, se, tau, alpha } = input;
  if (!(se > 0)) return { undefined: "zero_variance" };
  const ratio = (tau / se) ** 2;
  const logLambda = ((effect / se) ** 2 / 2) * (ratio / (1 + ratio)) - Math.log1p(ratio) / 2;
  const bound = Math.sqrt(2 * ((1 + ratio) / ratio) * (Math.log1p(ratio) / 2 - Math.log(alpha)));
  return {
    logLambda,
    p: Math.min(1, Math.exp(-logLambda)),
    interval: intervalAround(effect, se, "two-sided", alpha, () => bound),
  };
}
