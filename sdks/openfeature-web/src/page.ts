import type { ClientIo } from "@paceline/flag-eval/client";

import type { KeptValues } from "./options.ts";

interface PageDocument {
  readonly visibilityState: string;
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface PageWindow {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

function isDocument(value: unknown): value is PageDocument {
  return typeof value === "object" && value !== null && "visibilityState" in value;
}

function isWindow(value: unknown): value is PageWindow {
  return typeof value === "object" && value !== null && "addEventListener" in value;
}

function isStorage(value: unknown): value is KeptValues {
  return typeof value === "object" && value !== null && "getItem" in value;
}

/** The browser's own network, timers and clock. */
export const PAGE_IO: ClientIo = {
  fetch: (url, request) => fetch(url, request),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
};

/** `localStorage`; null where a page may not use it. */
export function pageStorage(): KeptValues | null {
  try {
    const storage: unknown = Reflect.get(globalThis, "localStorage");
    return isStorage(storage) ? storage : null;
  } catch {
    return null;
  }
}

/** Follows whether the page is seen. Outside of a browser nothing is ever told. */
export function followPage(on: {
  readonly shown: () => void;
  readonly hidden: () => void;
  readonly leaving: () => void;
}): () => void {
  const page: unknown = Reflect.get(globalThis, "document");
  const own: unknown = Reflect.get(globalThis, "window");
  if (!isDocument(page) || !isWindow(own)) return () => undefined;
  const changed = (): void => (page.visibilityState === "hidden" ? on.hidden() : on.shown());
  page.addEventListener("visibilitychange", changed);
  own.addEventListener("pagehide", on.leaving);
  return () => {
    page.removeEventListener("visibilitychange", changed);
    own.removeEventListener("pagehide", on.leaving);
  };
}
