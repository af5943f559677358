import type { EventView } from "../api.ts";

/** What people call an event: its name, else its call. */
export function nameOf({ type, event }: Pick<EventView, "type" | "event">): string {
  if (event !== "") return event;
  return type === "bad" ? "(no name)" : type;
}

/** Names an event in an address: `track/Order Completed`. */
export function eventKey({
  type,
  event,
}: {
  readonly type: string;
  readonly event: string;
}): string {
  return `${type}/${event}`;
}

/** Reads what `eventKey` wrote; null for anything else. */
export function readEventKey(
  key: string,
): { readonly type: string; readonly event: string } | null {
  const slash = key.indexOf("/");
  if (slash < 1) return null;
  return { type: key.slice(0, slash), event: key.slice(slash + 1) };
}
