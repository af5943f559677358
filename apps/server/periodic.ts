import type { Logger } from "pino";

/** Work that repeats until it is closed; a round that fails is logged and the next one comes all the same. */
export interface Periodic {
  /** Waits for the round under way and stops. */
  close(): Promise<void>;
}

/**
 * Runs `round` again and again with `pauseMs` between the end of one and the start of the next, so that
 * rounds never overlap.
 */
export function every(
  pauseMs: number,
  name: string,
  logger: Logger,
  round: () => Promise<unknown>,
): Periodic {
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    if (closed) return;
    timer = setTimeout(() => {
      running = round()
        .catch((error: unknown) =>
          logger.error({ err: error, task: name }, "a periodic task failed"),
        )
        .then(next);
    }, pauseMs);
    timer.unref();
  };
  next();
  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
