import { useEffect, useSyncExternalStore } from "react";

import type { EventView, LiveBatch, LiveEventView } from "../../api.ts";

/** An event in the list: as it arrived, or as it was stored, which tells less. */
export type FeedItem = EventView & Partial<LiveEventView> & { readonly isNew?: boolean };

export type FeedState = "connecting" | "live" | "away";

export type Feed = {
  readonly items: readonly FeedItem[];
  /** While paused: came since, and is not shown. */
  readonly held: readonly FeedItem[];
  readonly paused: boolean;
  /** Left out of the view: by the server because too many came, or here because the list is full. */
  readonly dropped: number;
  readonly state: FeedState;
};

export const SHOWN_ITEMS = 200;
const closed = 2;
const retryMs = 5_000;

const empty: Feed = { items: [], held: [], paused: false, dropped: 0, state: "connecting" };

export function itemKey({ source, messageId }: Pick<EventView, "source" | "messageId">): string {
  return `${source}/${messageId}`;
}

/** Puts newer items before the others, each once, and counts what falls off the end. */
export function prepend(
  items: readonly FeedItem[],
  newer: readonly FeedItem[],
  limit = SHOWN_ITEMS,
): { readonly items: readonly FeedItem[]; readonly fallen: number } {
  const known = new Set<string>();
  const all = [...newer, ...items].filter((item) => {
    const key = itemKey(item);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
  return { items: all.slice(0, limit), fallen: Math.max(0, all.length - limit) };
}

/** What a batch of the stream changes. While paused nothing moves in the list. */
export function received(feed: Feed, batch: LiveBatch): Feed {
  const newer = batch.items.toReversed().map((item) => ({ ...item, isNew: true }));
  if (!feed.paused)
    return {
      ...feed,
      items: prepend(feed.items, newer).items,
      dropped: feed.dropped + batch.dropped,
    };
  const held = prepend(feed.held, newer);
  return { ...feed, held: held.items, dropped: feed.dropped + batch.dropped + held.fallen };
}

let feed = empty;
const listeners = new Set<() => void>();

function set(next: Feed): void {
  feed = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const snapshot = () => feed;

export function setPaused(paused: boolean): void {
  if (paused === feed.paused) return;
  if (paused) set({ ...feed, paused });
  else set({ ...feed, paused, items: prepend(feed.items, feed.held).items, held: [] });
}

/** Adds what is stored already below what has arrived. */
export function addStored(stored: readonly EventView[]): void {
  set({ ...feed, items: prepend(stored, feed.items).items });
}

/** The events on the screen; also for the drawer beside them. */
export function useFeed(): Feed {
  return useSyncExternalStore(subscribe, snapshot);
}

/** Watches an environment while the component is shown; another address begins an empty list. */
export function useLiveStream(address: string): void {
  useEffect(() => {
    set({ ...empty, paused: feed.paused });
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(address);
      source.addEventListener("watching", () => set({ ...feed, state: "live" }));
      source.addEventListener("events", (event: MessageEvent<string>) => {
        const batch: LiveBatch = JSON.parse(event.data);
        set(received(feed, batch));
      });
      source.onerror = () => {
        set({ ...feed, state: "away" });
        if (source?.readyState !== closed) return;
        source.close();
        timer = setTimeout(open, retryMs);
      };
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [address]);
}
