import type { BadEventView, BadGroupKey } from "../../bad-event-api.ts";
import { readBadEvent } from "../../domain/index.ts";
import type { BadEventGroup } from "../../domain/index.ts";

/** A group as the event store names it. */
export function groupOf({ event, kind, plan, path, reason }: BadGroupKey): BadEventGroup {
  return { event, fault: kind, plan, path, reason };
}

/** A bad event as it is shown. */
export function badEventView(row: {
  readonly source: string;
  readonly messageId: string;
  readonly receivedAt: number;
  readonly event: string;
  readonly unit: string;
  readonly properties: string;
}): BadEventView {
  const body = readBadEvent(row.properties);
  return {
    source: row.source,
    messageId: row.messageId,
    receivedAt: new Date(row.receivedAt).toISOString(),
    event: row.event,
    unit: row.unit,
    kind: body?.kind ?? "invalid",
    plan: body?.plan ?? null,
    path: body?.path ?? "",
    at: body?.at ?? "",
    reason: body?.reason ?? "cannot be read",
    dialect: body?.dialect ?? "",
    raw: body?.raw ?? null,
  };
}
