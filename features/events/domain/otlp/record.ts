import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { correctedTime, replayedTime } from "../event-time.ts";
import { textOf } from "../exposure.ts";
import type { EventType, FlatEvent } from "../flat-event.ts";
import { withMember } from "../json-object.ts";
import type { Fields } from "../json-object.ts";
import { MAX_EVENT_LENGTH, MAX_NAME_LENGTH } from "../message.ts";
import type { MessageFault, Receipt } from "../message.ts";
import { attributesOf, fieldsOf, millisecondsOf } from "./values.ts";
import type { Attributes } from "./values.ts";

/** What the records of one scope share. */
export interface Origin {
  readonly receipt: Receipt;
  readonly resource: Attributes;
  readonly scope: Fields;
  /** JSON text of `resource` and `scope`, made once for all records. */
  readonly shared: string;
  /** A short digest of a text, for records that have no id of their own. */
  readonly digest: (text: string) => string;
}

/** A resource, read once for all of its scopes. */
export interface Resource {
  readonly attributes: Attributes;
  readonly text: string;
}

export function resourceOf(resource: unknown): Resource {
  const attributes = attributesOf(fieldsOf(resource)["attributes"]);
  return { attributes, text: `"resource":${JSON.stringify(attributes)}` };
}

/** Reads what the records of a scope share. */
export function originOf(
  receipt: Receipt,
  { attributes, text }: Resource,
  scope: unknown,
  digest: (text: string) => string,
): Origin {
  const { name, version, attributes: own } = fieldsOf(scope);
  const scoped = { name: name ?? "", version: version ?? "", ...attributesOf(own) };
  const shared = `${text},"scope":${JSON.stringify(scoped)}`;
  return { receipt, resource: attributes, scope: scoped, shared, digest };
}

/** Who did it, the first that is present: on the record, then on its resource. */
const USER_ATTRIBUTES = ["user.id", "enduser.id"] as const;
/** Who it was as far as nobody signed in. */
const DEVICE_ATTRIBUTES = [
  "user.anonymous_id",
  "enduser.pseudo.id",
  "device.id",
  "app.installation.id",
  "session.id",
] as const;
/** What it was, where no person is named. */
const SERVICE_ATTRIBUTES = ["service.instance.id", "host.id", "service.name"] as const;

export interface Subject {
  readonly unit: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
}

/** The unit of a record: its user, else its device or session, else its service. */
export function subjectOf(attributes: Attributes, { resource }: Origin): Subject {
  const find = (names: readonly string[]): string | null => {
    for (const name of names) {
      const value = textOf(attributes[name]) ?? textOf(resource[name]);
      if (value !== null) return clip(value);
    }
    return null;
  };
  const userId = find(USER_ATTRIBUTES);
  const anonymousId = find(DEVICE_ATTRIBUTES);
  return { userId, anonymousId, unit: userId ?? anonymousId ?? find(SERVICE_ATTRIBUTES) ?? "" };
}

/** One record, ready to become an event. */
export interface RecordParts {
  readonly type: EventType;
  readonly event: string;
  readonly subject: Subject;
  /** When it happened; null if the record does not say. */
  readonly nanos: bigint | null;
  readonly properties: Readonly<Record<string, unknown>>;
  /** What is special to the record's kind, under its name. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Makes the message id; gets the texts that the record was written as. */
  readonly messageId: (properties: string, context: string) => string;
}

/** The event of a record, or why it cannot be one. */
export function flatRecord(
  origin: Origin,
  parts: RecordParts,
  attributesPath: string,
): Result<FlatEvent, MessageFault> {
  const { receipt, shared } = origin;
  // 20 digits of nanoseconds end in the year 5138: every instant that can be said fits.
  const timestamp = parts.nanos === null ? null : millisecondsOf(parts.nanos);
  const properties = JSON.stringify(parts.properties);
  const special = JSON.stringify(parts.context);
  const context = `{${shared}${special === "{}" ? "" : `,${special.slice(1, -1)}`}}`;
  const length = properties.length + context.length;
  const times = { timestamp, sentAt: null, receivedAt: receipt.receivedAt };
  const event: FlatEvent = {
    workspace: receipt.workspace,
    environment: receipt.environment,
    source: receipt.source,
    messageId: parts.messageId(properties, context),
    type: parts.type,
    event: clip(parts.event),
    ...parts.subject,
    at: receipt.replay ? replayedTime(times) : correctedTime(times),
    ...times,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties,
    context: asReceived(receipt, context),
  };
  if (length <= MAX_EVENT_LENGTH) return ok(event);
  const reason = `the event has ${length} characters, the limit is ${MAX_EVENT_LENGTH}`;
  return err({ kind: "oversize", path: attributesPath, reason, read: event });
}

/** The context with what the request itself said. */
export function asReceived(receipt: Receipt, context: string): string {
  return receipt.gpc === true ? withMember(context, "gpc", "true") : context;
}

/** Names of spans may hold whole statements; the start is enough to tell them apart. */
export function clip(text: string): string {
  return text.length > MAX_NAME_LENGTH
    ? text.slice(0, MAX_NAME_LENGTH).toWellFormed()
    : text.toWellFormed();
}
