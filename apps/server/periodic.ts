import { inRound } from "@paceline/telemetry";
import type { Tracing } from "@paceline/telemetry";
import type { Logger } from "pino";

/** Work that repeats until it is closed; a round that fails is logged and the next one comes all the same. */
export interface Periodic {
  /** Waits for the round under way and stops. */
  close(): Promise<void>;
}

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
  let wake: (() => void) | null = null;
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  async function run(): Promise<void> {
    for (;;) {
      await pause();
      if (closed) return;
      await inRound(tracing, name, async (fail) => {
        try {
          await round();
        } catch (error) {
          fail(error);
          logger.error({ err: error, task: name }, "a periodic task failed");
        }
      });
    }
  }
  const running = run();
  return {
    async close() {
      closed = true;
      wake?.();
      await running;
    },
  };
}
