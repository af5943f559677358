import { useSyncExternalStore } from "react";

const tickMs = 20_000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  nowMs = Math.max(nowMs, Date.now());
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const one of listeners) one();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present, as a value that changes every 20 seconds; one timer for the whole tab. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}
