import { useQueryClient } from "@tanstack/react-query";
import type { QueryKey } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** What the hub needs of an EventSource; the browser's own fits. */
type Source = {
  addEventListener: (name: string, listener: (event: MessageEvent<string>) => void) => void;
  close: () => void;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  readonly readyState: number;
};

export type LiveState = "connecting" | "live" | "away";
type Listener = (data: unknown) => void;

export type LiveHub = {
  /** Hears every event of a topic, and `reset` events, after which everything must be read anew. */
  readonly subscribe: (topic: string, onEvent: Listener, onReset: () => void) => () => void;
  readonly onState: (listener: (state: LiveState) => void) => () => void;
  readonly state: () => LiveState;
  /** A hidden tab gives its connection back (browsers allow six an origin over HTTP/1.1). */
  readonly pause: () => void;
  readonly resume: () => void;
};

type Subscription = {
  readonly topic: string;
  readonly onEvent: Listener;
  readonly onReset: () => void;
};

const closed = 2;
const retryMs = 5_000;

/**
 * One stream for all topics of a tab, opened while somebody listens. The browser reconnects by
 * itself and resumes with Last-Event-ID; where it cannot, listeners are told to read anew.
 *
 * @param open  opens the stream; called again only when the browser has given up on it
 */
export function createLiveHub(
  open: (url: string) => Source,
  later: (act: () => void, delayMs: number) => void,
): LiveHub {
  const subscriptions = new Set<Subscription>();
  const state = createLiveState();
  const heard = new Set<string>();
  let source: Source | undefined;
  let paused = false;
  let missed = false;

  const reset = () => {
    for (const { onReset } of subscriptions) onReset();
  };
  const hear = (topic: string) => {
    if (source === undefined || heard.has(topic)) return;
    heard.add(topic);
    source.addEventListener(topic, (event) => {
      const data = readData(event.data);
      for (const one of subscriptions) if (one.topic === topic) one.onEvent(data);
    });
  };
  const close = () => {
    missed ||= source !== undefined;
    source?.close();
    source = undefined;
    heard.clear();
  };
  const connect = () => {
    if (source !== undefined || paused || subscriptions.size === 0) return;
    source = open("/api/v1/stream?topics=*");
    source.onopen = () => {
      state.set("live");
      if (missed) reset();
      missed = false;
    };
    source.onerror = () => {
      state.set("away");
      if (source?.readyState !== closed) return;
      close();
      later(connect, retryMs);
    };
    source.addEventListener("reset", reset);
    for (const { topic } of subscriptions) hear(topic);
  };

  const subscribe: LiveHub["subscribe"] = (topic, onEvent, onReset) => {
    const subscription = { topic, onEvent, onReset };
    subscriptions.add(subscription);
    connect();
    hear(topic);
    return () => {
      subscriptions.delete(subscription);
    };
  };
  const hold = (hidden: boolean) => {
    paused = hidden;
    (hidden ? close : connect)();
  };
  return { ...state.faces, subscribe, pause: () => hold(true), resume: () => hold(false) };
}

function createLiveState() {
  const listeners = new Set<(state: LiveState) => void>();
  let state: LiveState = "connecting";
  return {
    set: (next: LiveState) => {
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener(state);
    },
    faces: {
      state: () => state,
      onState: (listener: (state: LiveState) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

function readData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

let tabHub: LiveHub | undefined;
const hiddenMs = 30_000;

function liveHub(): LiveHub {
  if (tabHub !== undefined) return tabHub;
  const hub = createLiveHub(
    (url) => new EventSource(url),
    (act, delayMs) => setTimeout(act, delayMs),
  );
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return hub.resume();
    setTimeout(() => {
      if (document.hidden) hub.pause();
    }, hiddenMs);
  });
  tabHub = hub;
  return hub;
}

const batchMs = 100;

/**
 * Keeps queries fresh: an event of the topic makes them stale, at most once in 100 ms.
 *
 * @param topic   as the server publishes it, such as `experiments`
 * @param keys    the query keys to read anew; a prefix covers all below it
 */
export function useLive(topic: string, ...keys: readonly QueryKey[]): void {
  const queries = useQueryClient();
  const watched = JSON.stringify(keys);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      const parsed: QueryKey[] = JSON.parse(watched);
      for (const queryKey of parsed) void queries.invalidateQueries({ queryKey });
    };
    const soon = () => {
      timer ??= setTimeout(refresh, batchMs);
    };
    const stop = liveHub().subscribe(topic, soon, soon);
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queries, topic, watched]);
}

/** Whether live changes arrive right now. */
export function useLiveState(): LiveState {
  const [state, setState] = useState<LiveState>(() => tabHub?.state() ?? "connecting");
  useEffect(() => liveHub().onState(setState), []);
  return state;
}
