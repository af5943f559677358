import { inRound } from "@paceline/telemetry";
import type { Tracing } from "@paceline/telemetry";
import type { Logger } from "pino";

/** Work that repeats until it is closed; a round that fails is logged and the next one comes all the same. */
export interface Periodic {
  /** Begins the next round now, or after the one under way. Many calls make one round. */
  soon(): void;
  /** Waits for the round under way and stops. */
  close(): Promise<void>;
}

/** A round that was asked for rests so many times as long as the last one took: a third of a core at most. */
const REST = 2;

/**
 * Runs `round` again and again with `pauseMs` between the end of one and the start of the next, so that
 * rounds never overlap. With `tracing`, a round that does something is a span.
 */
export function every(
  pauseMs: number,
  name: string,
  logger: Logger,
  round: () => Promise<unknown>,
  tracing: Tracing | null = null,
): Periodic {
  let closed = false;
  let isAsked = false;
  let isWaiting = false;
  let roundMs = 0;
  let wake: (() => void) | null = null;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  /** Ends early when somebody asks, but never before the last round was rested from. */
  async function rest(): Promise<void> {
    const restMs = Math.min(pauseMs, REST * roundMs);
    if (!closed) await pause(restMs);
    isWaiting = true;
    if (!closed && !isAsked) await pause(pauseMs - restMs);
    isWaiting = false;
    isAsked = false;
  }
  async function run(): Promise<void> {
    for (;;) {
      await rest();
      if (closed) return;
      const startedMs = performance.now();
      await inRound(tracing, name, async (fail) => {
        try {
          await round();
        } catch (error) {
          fail(error);
          logger.error({ err: error, task: name }, "a periodic task failed");
        }
      });
      roundMs = performance.now() - startedMs;
    }
  }
  const running = run();
  return {
    soon() {
      if (isAsked) return;
      isAsked = true;
      if (isWaiting) wake?.();
    },
    async close() {
      closed = true;
      wake?.();
      await running;
    },
  };
}
