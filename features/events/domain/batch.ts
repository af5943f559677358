import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { parseInstant } from "./event-time.ts";
import { recogniseExposure } from "./exposure.ts";
import type { FlatEvent } from "./flat-event.ts";
import { isFields } from "./json-object.ts";
import { flattenMessage } from "./message.ts";
import type { MessageType, Receipt } from "./message.ts";
import { sizeFault } from "./read-body.ts";
import type { PlacedFault, ReadBody, UnreadableBody } from "./read-body.ts";

/**
 * Reads the body of one call of Segment's interface. Every event is judged for itself.
 *
 * @param call the call that the path names; `batch` bodies name the type in each message
 */
export function readBody(
  body: unknown,
  call: MessageType | "batch",
  receipt: Receipt,
): Result<ReadBody, UnreadableBody> {
  if (!isFields(body)) return err({ kind: "unreadable", reason: "the body must be a JSON object" });
  if (call !== "batch") return ok(readMessages([body], call, body, receipt));
  const batch = body["batch"];
  if (!Array.isArray(batch)) return err({ kind: "unreadable", reason: "batch must be an array" });
  const shared = body["context"];
  const inherited = isFields(shared) ? batch.length * lengthOf(shared) : 0;
  const fault = sizeFault(batch.length, inherited);
  return fault === null ? ok(readMessages(batch, null, body, receipt)) : err(fault);
}

/** What is nested too deeply is a fault of each event. */
function lengthOf(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch (cause) {
    if (cause instanceof RangeError) return 0;
    throw cause;
  }
}

function readMessages(
  messages: readonly unknown[],
  type: MessageType | null,
  body: Readonly<Record<string, unknown>>,
  receipt: Receipt,
): ReadBody {
  // The context of a single call is the message's own.
  const context = type === null ? body["context"] : undefined;
  const envelope = { sentAt: parseInstant(body["sentAt"]), context };
  const events: FlatEvent[] = [];
  const positions: number[] = [];
  const faults: PlacedFault[] = [];
  for (const [index, message] of messages.entries()) {
    const read = flattenMessage(message, type, envelope, receipt);
    if (!read.ok) {
      faults.push({ index, ...read.error });
      continue;
    }
    events.push(recogniseExposure(read.value, message));
    positions.push(index);
  }
  return { dialect: "segment", call: type, events, positions, messages, faults, ...envelope };
}
