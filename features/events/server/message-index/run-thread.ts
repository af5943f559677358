import { Worker } from "node:worker_threads";

import type { RunOrder } from "./run-writer.ts";

/** Writes runs beside the intake's thread, one after the other. Started by the first order. */
export class RunThread {
  #worker: Worker | null = null;

  /** @throws Error if the run could not be written; nothing of it stays */
  async write(order: RunOrder): Promise<void> {
    this.#worker ??= new Worker(new URL("./run-worker.ts", import.meta.url));
    const failure = await answerOf(this.#worker, order);
    if (failure === null) return;
    await this.close();
    throw new Error(`message index: ${failure}`);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

/** @returns why the run was not written, or null */
function answerOf(worker: Worker, order: RunOrder): Promise<string | null> {
  return new Promise((resolve) => {
    const settle = (failure: string | null): void => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      resolve(failure);
    };
    const onMessage = (failure: unknown): void =>
      settle(typeof failure === "string" ? failure : null);
    const onError = (cause: unknown): void => settle(String(cause));
    const onExit = (): void => settle("its thread ended");
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(order, [order.digests.buffer]);
  });
}
