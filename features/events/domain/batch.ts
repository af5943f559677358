import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { parseInstant } from "./event-time.ts";
import { recogniseExposure } from "./exposure.ts";
import type { FlatEvent } from "./flat-event.ts";
import { flattenMessage, isFields } from "./message.ts";
import type { Envelope, MessageFault, MessageType, Receipt } from "./message.ts";

/** What was read from one body: the good events with their place in it, and the faults. */
export interface ReadBody {
  readonly events: readonly FlatEvent[];
  /** `positions[i]` is the place in the body of `events[i]`. */
  readonly positions: readonly number[];
  readonly faults: readonly PlacedFault[];
}

export interface PlacedFault extends MessageFault {
  readonly index: number;
}

/** A body that cannot be an intake body at all. */
export interface UnreadableBody {
  readonly kind: "unreadable";
  readonly reason: string;
}

/**
 * Reads the body of one intake call. Every event is judged for itself: one bad event never costs
 * its batch.
 *
 * @param call the call that the path names; `batch` bodies name the type in each message
 */
export function readBody(
  body: unknown,
  call: MessageType | "batch",
  receipt: Receipt,
): Result<ReadBody, UnreadableBody> {
  if (!isFields(body)) return err({ kind: "unreadable", reason: "the body must be a JSON object" });
  const envelope = { sentAt: parseInstant(body["sentAt"]), context: body["context"] };
  if (call !== "batch") return ok(readMessages([body], call, { ...envelope }, receipt));
  const batch = body["batch"];
  if (!Array.isArray(batch)) return err({ kind: "unreadable", reason: "batch must be an array" });
  return ok(readMessages(batch, null, envelope, receipt));
}

function readMessages(
  messages: readonly unknown[],
  type: MessageType | null,
  envelope: Envelope,
  receipt: Receipt,
): ReadBody {
  const events: FlatEvent[] = [];
  const positions: number[] = [];
  const faults: PlacedFault[] = [];
  for (const [index, message] of messages.entries()) {
    const read = flattenMessage(message, type, envelope, receipt);
    if (!read.ok) {
      faults.push({ index, ...read.error });
      continue;
    }
    events.push(recogniseExposure(read.value, propertiesOf(message)));
    positions.push(index);
  }
  return { events, positions, faults };
}

function propertiesOf(message: unknown): Readonly<Record<string, unknown>> {
  const properties = isFields(message) ? message["properties"] : undefined;
  return isFields(properties) ? properties : {};
}
