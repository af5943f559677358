import { SHADOW_PREFIX } from "@paceline/flags/domain";

/** What a rehearsal of a way back showed, in the words of drills. */
export const REHEARSAL_VERDICTS = ["passed", "deviated", "failed-to-restore"] as const;
export type RehearsalVerdict = (typeof REHEARSAL_VERDICTS)[number];

/** Time to effect that a way back must keep on the server that rolls back, in milliseconds. */
export const EFFECT_TARGET_MS = 2_000;
/** Share of the clients that must evaluate with the target within `RECEIPTS_TARGET_MS`. */
export const RECEIPTS_TARGET = 0.99;
export const RECEIPTS_TARGET_MS = 2_000;

/** What was measured; durations in milliseconds since the rollback was asked for. */
export interface RehearsalMeasure {
  /** Until the server served the target; null if it did not. */
  readonly effectMs: number | null;
  /** Units that were asked for, and those that got what the target gives. */
  readonly probed: number;
  readonly restored: number;
  /** Connected clients that acknowledge, and those that did. */
  readonly clients: number;
  readonly acknowledged: number;
  /** Until 99 of 100 acknowledging clients had it; null if nobody acknowledges, or too few did. */
  readonly receiptsMs: number | null;
}

/** Whether a rehearsed way back works, and why not. */
export interface RehearsalFinding {
  readonly verdict: RehearsalVerdict;
  readonly reason: string;
}

/**
 * Judges a rehearsal: whoever still gets the change afterwards fails it; a way back that works, but
 * slower than it must, deviates and does not count as rehearsed.
 */
export function judgeRehearsal(measure: RehearsalMeasure): RehearsalFinding {
  const { effectMs, probed, restored, clients, acknowledged, receiptsMs } = measure;
  if (effectMs === null || restored < probed) {
    const reason =
      effectMs === null
        ? "The server did not serve the target."
        : `${probed - restored} of ${probed} units still got the change.`;
    return { verdict: "failed-to-restore", reason };
  }
  if (effectMs > EFFECT_TARGET_MS) {
    const reason = `It took ${Math.round(effectMs)} ms until the target was served; ${EFFECT_TARGET_MS} ms are allowed.`;
    return { verdict: "deviated", reason };
  }
  if (clients === 0) {
    const reason = `The target was served after ${Math.round(effectMs)} ms. No client that acknowledges was connected.`;
    return { verdict: "passed", reason };
  }
  const share = `${((acknowledged / clients) * 100).toFixed(1)} % of ${clients} clients`;
  if (acknowledged < clients * RECEIPTS_TARGET || receiptsMs === null) {
    return {
      verdict: "deviated",
      reason: `Only ${share} said that they evaluate with the target.`,
    };
  }
  if (receiptsMs > RECEIPTS_TARGET_MS) {
    const reason = `${share} had the target, but only after ${Math.round(receiptsMs)} ms; ${RECEIPTS_TARGET_MS} ms are allowed.`;
    return { verdict: "deviated", reason };
  }
  return {
    verdict: "passed",
    reason: `The target was served after ${Math.round(effectMs)} ms, and ${share} had it after ${Math.round(receiptsMs)} ms.`,
  };
}

/** The key of the flag on which the way back of another one is rehearsed. */
export function shadowKey(flagKey: string): string {
  return `${SHADOW_PREFIX}${flagKey}`.slice(0, 100);
}
