import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { parseInstant } from "./event-time.ts";
import { asExposure, textOf } from "./exposure.ts";
import type { FlatEvent } from "./flat-event.ts";
import { isFields } from "./json-object.ts";
import type { Fields } from "./json-object.ts";
import { flattenMessage } from "./message.ts";
import type { MessageFault, MessageType, Receipt } from "./message.ts";
import { sizeFault } from "./read-body.ts";
import type { PlacedFault, ReadBody, UnreadableBody } from "./read-body.ts";

/** PostHog's own event names that are calls of Segment's specification; others are tracked. */
const CALLS: Readonly<Record<string, MessageType>> = {
  $identify: "identify",
  $set: "identify",
  $create_alias: "alias",
  $groupidentify: "group",
  $pageview: "page",
  $screen: "screen",
};

const FLAG_CALLED = "$feature_flag_called";

/** Where Segment's fields come from in an event of PostHog, for faults. */
const PATHS: Readonly<Record<string, string>> = {
  "/userId": "/distinct_id",
  "/messageId": "/uuid",
  "/traits": "/properties",
  "/context": "/properties",
  "/groupId": "/properties/$group_key",
  "/previousId": "/properties/alias",
};

/**
 * Reads a body of PostHog's capture interface: a batch, an array of events (its browser library), or
 * one event.
 */
export function readPosthog(body: unknown, receipt: Receipt): Result<ReadBody, UnreadableBody> {
  const messages = messagesOf(body);
  if (messages === null) {
    const reason = "the body must be an event, an array of events, or an object with a batch";
    return err({ kind: "unreadable", reason });
  }
  const fault = sizeFault(messages.length, 0);
  if (fault !== null) return err(fault);
  const sentAt = isFields(body) ? parseInstant(body["sent_at"]) : null;
  const events: FlatEvent[] = [];
  const positions: number[] = [];
  const faults: PlacedFault[] = [];
  for (const [index, message] of messages.entries()) {
    const read = readEvent(message, sentAt, receipt);
    if (read.ok) {
      events.push(read.value);
      positions.push(index);
    } else faults.push({ index, ...read.error });
  }
  const inherited = { sentAt, context: undefined };
  return ok({ dialect: "posthog", call: null, events, positions, messages, faults, ...inherited });
}

/** The project key of a body: its own, or that of its first event. */
export function posthogKey(body: unknown): string | null {
  const first: unknown = messagesOf(body)?.[0];
  const properties = isFields(first) ? first["properties"] : undefined;
  for (const place of [body, first, properties]) {
    if (!isFields(place)) continue;
    const key = textOf(place["api_key"]) ?? textOf(place["token"]);
    if (key !== null) return key;
  }
  return null;
}

function messagesOf(body: unknown): readonly unknown[] | null {
  if (Array.isArray(body)) return body;
  if (!isFields(body)) return null;
  const { batch } = body;
  if (Array.isArray(batch)) return batch;
  return batch === undefined && "event" in body ? [body] : null;
}

function readEvent(
  message: unknown,
  sentAt: number | null,
  receipt: Receipt,
): Result<FlatEvent, MessageFault> {
  if (!isFields(message)) {
    return err({ kind: "invalid", path: "", reason: "an event must be an object" });
  }
  const given = message["properties"];
  if (given !== undefined && given !== null && !isFields(given)) {
    return err({ kind: "invalid", path: "/properties", reason: "must be an object" });
  }
  const properties = given ?? {};
  const name = typeof message["event"] === "string" ? message["event"] : "";
  const call = Object.hasOwn(CALLS, name) ? (CALLS[name] ?? "track") : "track";
  const asSegment = translate(message, properties, call, receipt);
  const read = flattenMessage(asSegment, call, { sentAt, context: undefined }, receipt);
  if (!read.ok) return err(translateFault(read.error));
  return ok(name === FLAG_CALLED ? flagCalled(read.value, properties) : read.value);
}

/** The same event in Segment's words. Properties are kept whole, so that nothing said is lost. */
function translate(message: Fields, properties: Fields, call: MessageType, receipt: Receipt) {
  const { userId, anonymousId } = personOf(message, properties, call);
  const body = call === "identify" || call === "group" ? traitsOf(properties, call) : properties;
  return {
    type: call,
    event: message["event"],
    name: pageName(properties, call),
    userId,
    anonymousId,
    groupId: call === "group" ? properties["$group_key"] : undefined,
    previousId: call === "alias" ? properties["alias"] : undefined,
    messageId: message["uuid"] ?? properties["$insert_id"],
    timestamp: message["timestamp"] ?? momentBefore(receipt.receivedAt, message["offset"]),
    [call === "identify" || call === "group" ? "traits" : "properties"]: body,
    context: contextOf(message, properties, call),
  };
}

/**
 * A distinct id names a person once they are identified, and a device before: the browser library
 * then sends the same id as `$device_id`. A group's own event has a made-up one.
 */
function personOf(message: Fields, properties: Fields, call: MessageType) {
  const distinctId = message["distinct_id"] ?? properties["distinct_id"];
  if (call === "group") {
    const madeUp = `$${String(properties["$group_type"])}_${String(properties["$group_key"])}`;
    if (distinctId === madeUp) return { userId: undefined, anonymousId: undefined };
  }
  const device = properties["$anon_distinct_id"] ?? properties["$device_id"];
  const isAnonymous = device !== undefined && device === distinctId && call !== "identify";
  return isAnonymous
    ? { userId: undefined, anonymousId: distinctId }
    : { userId: distinctId, anonymousId: device };
}

function traitsOf(properties: Fields, call: "identify" | "group"): Fields {
  if (call === "group") {
    const traits = properties["$group_set"];
    return { ...(isFields(traits) ? traits : {}), groupType: properties["$group_type"] };
  }
  const once = properties["$set_once"];
  const traits = properties["$set"];
  return { ...(isFields(once) ? once : {}), ...(isFields(traits) ? traits : {}) };
}

function pageName(properties: Fields, call: MessageType): unknown {
  if (call === "screen") return properties["$screen_name"];
  return call === "page" ? (properties["title"] ?? properties["$pathname"]) : undefined;
}

/** The browser library may say how long ago an event was instead of when. */
function momentBefore(receivedAt: number, offsetMs: unknown): number | undefined {
  return typeof offsetMs === "number" ? receivedAt - offsetMs : undefined;
}

/** Traits leave the other properties no place of their own, so they go to the context. */
function contextOf(message: Fields, properties: Fields, call: MessageType): Fields {
  const name = properties["$lib"] ?? message["library"];
  const version = properties["$lib_version"] ?? message["library_version"];
  const url = properties["$current_url"];
  return {
    library: { name, version },
    ...(url === undefined ? {} : { page: { url, referrer: properties["$referrer"] } }),
    ...(call === "identify" || call === "group" ? { properties } : {}),
    ...(properties["$groups"] === undefined ? {} : { groups: properties["$groups"] }),
  };
}

function translateFault({ kind, path, reason }: MessageFault): MessageFault {
  const translated = PATHS[path] ?? path;
  const words = reason.replace("userId or anonymousId is needed", "distinct_id is needed");
  return { kind, path: translated, reason: words };
}

/** An answer of a flag to a unit. Without an answer nobody was shown anything. */
function flagCalled(event: FlatEvent, properties: Fields): FlatEvent {
  const flagKey = textOf(properties["$feature_flag"]);
  const variant = textOf(properties["$feature_flag_response"]);
  if (flagKey === null || variant === null) return event;
  const revision = textOf(properties["$feature_flag_version"]) ?? "";
  return asExposure(event, { flagKey, experimentId: null, revision, variant });
}
