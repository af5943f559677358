import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { correctedTime, parseInstant, replayedTime } from "./event-time.ts";
import type { FlatEvent } from "./flat-event.ts";
import { isFields, withMember } from "./json-object.ts";
import type { Fields } from "./json-object.ts";

/** The calls of Segment's specification. */
export const MESSAGE_TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;

export type MessageType = (typeof MESSAGE_TYPES)[number];

/** Longest id or event name, in characters. Longer ones are mistakes (bodies, tokens) and would bloat every index. */
export const MAX_NAME_LENGTH = 512;
const NAME_RULE = `a text of 1 to ${MAX_NAME_LENGTH} characters, or a number of up to 15 digits`;

/**
 * Largest event, in characters of JSON. Segment documents 32 kB, but its own client lets 600 kB
 * pass, so the limit is where an event stops being an event.
 */
export const MAX_EVENT_LENGTH = 256 * 1024;

/** Why one event of a batch was not taken; `path` is a JSON pointer into the event. */
export interface MessageFault {
  readonly kind: "invalid" | "oversize";
  readonly path: string;
  readonly reason: string;
  /** The event as far as it could be read, if its dialect can tell. */
  readonly read?: FlatEvent;
}

/** What the server knows about a message before reading it. */
export interface Receipt {
  readonly workspace: string;
  readonly environment: string;
  readonly source: string;
  readonly receivedAt: number;
  /** True in environments whose clock is simulated: events keep their own instants. */
  readonly replay: boolean;
  /** Makes an id for messages without one. They cannot be deduplicated. */
  readonly newMessageId: () => string;
  /** The request carried `Sec-GPC: 1`; kept in every event as `context.gpc`. */
  readonly gpc?: boolean;
}

/** Parts of a batch that its messages inherit. */
export interface Envelope {
  readonly sentAt: number | null;
  readonly context: unknown;
}

/**
 * Checks one message of Segment's specification and flattens it. Unknown fields are ignored, as
 * clients add their own.
 *
 * @param fixedType the type that the path of a single call implies; null inside a batch
 */
export function flattenMessage(
  message: unknown,
  fixedType: MessageType | null,
  envelope: Envelope,
  receipt: Receipt,
): Result<FlatEvent, MessageFault> {
  if (!isFields(message)) return invalid("", "an event must be an object");
  const type = fixedType ?? MESSAGE_TYPES.find((candidate) => candidate === message["type"]);
  if (type === undefined) return invalid("/type", `must be one of ${MESSAGE_TYPES.join(", ")}`);
  const identity = readIdentity(message, type);
  if (!identity.ok) return identity;
  const event = readEventName(message, type);
  if (!event.ok) return event;
  const times = readTimes(message, envelope, receipt.receivedAt);
  if (!times.ok) return times;
  const bodies = readBodies(message, type, envelope, receipt);
  if (!bodies.ok) return bodies;
  const { unit, userId, anonymousId } = identity.value;
  const { timestamp, sentAt, receivedAt } = times.value;
  // Field by field: spreading the three would cost a fifth of reading an event.
  return ok({
    workspace: receipt.workspace,
    environment: receipt.environment,
    source: receipt.source,
    messageId: readName(message["messageId"]) ?? receipt.newMessageId(),
    type,
    event: event.value,
    unit,
    userId,
    anonymousId,
    at: receipt.replay ? replayedTime(times.value) : correctedTime(times.value),
    timestamp,
    sentAt,
    receivedAt,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: bodies.value.properties,
    context: bodies.value.context,
  });
}

interface Identity {
  readonly unit: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
}

function readIdentity(message: Fields, type: MessageType): Result<Identity, MessageFault> {
  const given = message["messageId"];
  if (given !== undefined && given !== null && readName(given) === null) {
    return invalid("/messageId", `must be ${NAME_RULE}`);
  }
  for (const key of ["userId", "anonymousId", "previousId", "groupId"] as const) {
    const id = message[key];
    if (id !== undefined && id !== null && id !== "" && readName(id) === null) {
      return invalid(`/${key}`, `must be ${NAME_RULE}`);
    }
  }
  const userId = readName(message["userId"]);
  const anonymousId = readName(message["anonymousId"]);
  const groupId = readName(message["groupId"]);
  if (type === "group" && groupId === null) return invalid("/groupId", "a group call needs one");
  if (type === "alias" && (userId === null || readName(message["previousId"]) === null)) {
    return invalid(userId === null ? "/userId" : "/previousId", "an alias call needs both ids");
  }
  const unit = userId ?? anonymousId ?? groupId;
  if (unit === null) return invalid("/userId", "userId or anonymousId is needed");
  return ok({ unit, userId, anonymousId });
}

function readEventName(message: Fields, type: MessageType): Result<string, MessageFault> {
  if (type === "track") {
    const name = readName(message["event"]);
    if (name === null) {
      return invalid("/event", `must be ${NAME_RULE}`);
    }
    return ok(name);
  }
  if (type === "page" || type === "screen") return ok(readName(message["name"]) ?? "");
  return ok("");
}

/** RudderStack's clients send `originalTimestamp` in place of `timestamp`, and `sentAt` on every item. */
function readTimes(
  message: Fields,
  envelope: Envelope,
  receivedAt: number,
): Result<
  {
    readonly timestamp: number | null;
    readonly sentAt: number | null;
    readonly receivedAt: number;
  },
  MessageFault
> {
  const key = isAbsent(message["timestamp"]) ? "originalTimestamp" : "timestamp";
  const timestamp = isAbsent(message[key]) ? null : parseInstant(message[key]);
  if (timestamp === null && !isAbsent(message[key])) {
    return invalid(`/${key}`, "must be an instant in ISO 8601 between 1970 and 9999");
  }
  const sentAt = isAbsent(message["sentAt"]) ? envelope.sentAt : parseInstant(message["sentAt"]);
  return ok({ timestamp, sentAt, receivedAt });
}

function readBodies(
  message: Fields,
  type: MessageType,
  envelope: Envelope,
  receipt: Receipt,
): Result<{ readonly properties: string; readonly context: string }, MessageFault> {
  const key = type === "identify" || type === "group" ? "traits" : "properties";
  const properties = bodyOf(message, type, key);
  if (!isAbsent(properties) && !isFields(properties)) {
    return invalid(`/${key}`, "must be an object");
  }
  const own = message["context"];
  if (!isAbsent(own) && !isFields(own)) return invalid("/context", "must be an object");
  const context = inherit(own, envelope.context);
  const propertiesText = toJson(properties);
  const contextText = toJson(context);
  if (propertiesText === null) return invalid(`/${key}`, "is nested too deeply");
  if (contextText === null) return invalid("/context", "is nested too deeply");
  const length = propertiesText.length + contextText.length;
  if (length > MAX_EVENT_LENGTH) {
    return err({
      kind: "oversize",
      path: propertiesText.length >= contextText.length ? `/${key}` : "/context",
      reason: `the event has ${length} characters, the limit is ${MAX_EVENT_LENGTH}`,
    });
  }
  const received = receipt.gpc === true ? withMember(contextText, "gpc", "true") : contextText;
  return ok({ properties: propertiesText, context: received });
}

/** Segment merges the context of a batch into that of each message. */
function inherit(own: Fields | null | undefined, batch: unknown): unknown {
  if (!isFields(batch)) return own;
  return isAbsent(own) ? batch : { ...batch, ...own };
}

/** Ids that only these two calls carry are kept with their body, so that nothing said is lost. */
function bodyOf(message: Fields, type: MessageType, key: string): unknown {
  const body = message[key];
  if (!isAbsent(body) && !isFields(body)) return body;
  if (type === "alias") return { ...body, previousId: message["previousId"] };
  if (type === "group") return { ...body, groupId: message["groupId"] };
  return body;
}

/** Deeper nesting than the call stack holds is refused, not crashed on. */
function toJson(value: unknown): string | null {
  if (isAbsent(value)) return "{}";
  try {
    return JSON.stringify(value);
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/**
 * Ids and names; numbers are what hand-written clients send for ids. One with more digits than a
 * double holds is none: two people, or two messages, would become one.
 */
function readName(value: unknown): string | null {
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  const text = typeof value === "number" && isExact ? String(value) : value;
  if (typeof text !== "string" || text === "" || text.length > MAX_NAME_LENGTH) return null;
  return text.toWellFormed();
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function invalid(path: string, reason: string): Result<never, MessageFault> {
  return err({ kind: "invalid", path, reason });
}
