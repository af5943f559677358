import { performance } from "node:perf_hooks";

import type { ClientIo } from "@paceline/flag-eval/client";

/** Node's own network, timers and clock. */
export const NODE_IO: ClientIo = {
  fetch: (url, request) => fetch(url, request),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
};
