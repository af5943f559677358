import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { eventLabel, ParityTally } from "../../domain/index.ts";
import type {
  ExportedEvent,
  ForeignColumns,
  ParityMessage,
  ParityReport,
} from "../../domain/index.ts";
import type { EventStore } from "../event-store.ts";
import { eventsOf } from "../export-routes.ts";
import { foreignMessages } from "./foreign-file.ts";
import type { ForeignFormat } from "./foreign-file.ts";

/** A client's clock may be off by this much: its events then lie outside the time by our reckoning. */
const MARGIN_MS = 3 * 3_600_000;
/** Messages of both sides together: about 180 MB of index. */
export const MAX_PARITY_MESSAGES = 4_000_000;

export interface ParityRequest {
  readonly workspace: string;
  readonly environment: string;
  readonly source?: string;
  readonly from: number;
  readonly to: number;
  readonly format: ForeignFormat;
  readonly columns: ForeignColumns;
}

export type ParityRefusal = { readonly kind: "too-many-messages" };

/** Compares what is stored with the body of another vendor's export, read as it comes. */
export async function compareMessages(
  store: EventStore,
  request: ParityRequest,
  body: AsyncIterable<Buffer>,
): Promise<Result<ParityReport, ParityRefusal>> {
  const { workspace, environment, source, from, to, format, columns } = request;
  const tally = new ParityTally({ from, to });
  const file = await store.exportEvents(
    {
      workspace,
      environment,
      from: from - MARGIN_MS,
      to: to + MARGIN_MS,
      ...(source === undefined ? {} : { source }),
    },
    "lines",
  );
  try {
    if (file.events > MAX_PARITY_MESSAGES) return err({ kind: "too-many-messages" });
    for await (const event of eventsOf(file.path)) tally.addHere(messageOf(event));
    for await (const message of foreignMessages(body, format, columns)) {
      if (message === null) tally.addUnreadable();
      else tally.addThere(message);
      if (tally.size > MAX_PARITY_MESSAGES) return err({ kind: "too-many-messages" });
    }
    for await (const event of eventsOf(file.path)) tally.sampleHere(messageOf(event));
    return ok(tally.report());
  } finally {
    await file.discard();
  }
}

function messageOf(event: ExportedEvent): ParityMessage {
  return {
    messageId: event.messageId,
    event: eventLabel(event.type, event.event ?? event.name ?? null),
    at: Date.parse(event.timestamp),
    fields: fieldsOf(event.properties ?? event.traits),
  };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> | null {
  return typeof body === "object" && body !== null
    ? Object.fromEntries(Object.entries(body))
    : null;
}
