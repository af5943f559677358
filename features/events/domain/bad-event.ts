import type { EventType, FlatEvent } from "./flat-event.ts";
import { isFields } from "./json-object.ts";
import { MAX_NAME_LENGTH } from "./message.ts";
import type { Receipt } from "./message.ts";
import { pointerStep, pointerSteps } from "./plan-schema.ts";

/** Why an event is bad: it cannot be read, it is too large, or it breaks its telemetry plan. */
export const BAD_KINDS = ["invalid", "oversize", "plan"] as const;
export type BadKind = (typeof BAD_KINDS)[number];

/** An event that could not be accepted, as the intake knows it. */
export interface BadEventInput {
  readonly receipt: Receipt;
  readonly kind: BadKind;
  /** JSON pointer into `raw`, and what is wrong there. */
  readonly path: string;
  readonly reason: string;
  /** `name/MODEL-REVISION-ADDITION` of the plan that was broken; null for other faults. */
  readonly plan: string | null;
  /** How `raw` is to be read again, such as `segment`. */
  readonly dialect: string;
  /** The kind of call that the path implied, such as `track`; null where `raw` names its own. */
  readonly call: string | null;
  /** The event as sent. */
  readonly raw: unknown;
  /** What the event inherits of its batch. */
  readonly sentAt: number | null;
  readonly context: unknown;
  /** The event as it was read, where it could be read. */
  readonly read: FlatEvent | null;
}

/** What a bad event keeps in its `properties`. */
export interface BadEventBody {
  readonly kind: BadKind;
  /** Where the fault is, with `*` for the place in a list, so that equal faults are one group. */
  readonly path: string;
  /** JSON pointer into `raw`: exactly where. */
  readonly at: string;
  readonly reason: string;
  readonly plan: string | null;
  readonly dialect: string;
  readonly call: string | null;
  readonly raw: unknown;
}

/** What became of a bad event. */
export interface Resolution {
  readonly outcome: "replayed" | "dismissed";
  /** Who did it, as the audit log names the actor. */
  readonly by: string;
  /** Why it was dismissed. */
  readonly reason: string | null;
  readonly at: number;
}

/** Deeper parts of an unreadable event are left out: no parser behind the intake would take them. */
const MAX_KEPT_DEPTH = 64;
const LEFT_OUT = "(left out: nested too deeply)";

const BAD_PREFIX = "bad:";
const RESOLVED_PREFIX = "resolved:";

/**
 * The event that keeps a bad one: durable, erasable and deduplicated like any other. Its message id
 * is the client's behind `bad:`, so the same bad message sent again is a duplicate, and the
 * corrected message with the client's id is not.
 */
export function badEvent(input: BadEventInput): FlatEvent {
  const { receipt, read, raw } = input;
  const fields = isFields(raw) ? raw : {};
  const userId = read === null ? idOf(fields["userId"] ?? fields["distinct_id"]) : read.userId;
  const anonymousId = read === null ? idOf(fields["anonymousId"]) : read.anonymousId;
  const name = fields["event"] ?? fields["name"];
  const clientId = read?.messageId ?? idOf(fields["messageId"] ?? fields["uuid"]);
  const body: BadEventBody = {
    kind: input.kind,
    path: listPath(raw, input.path),
    at: input.path,
    reason: input.reason,
    plan: input.plan,
    dialect: input.dialect,
    call: input.call,
    raw: shallow(raw, MAX_KEPT_DEPTH),
  };
  return {
    workspace: receipt.workspace,
    environment: receipt.environment,
    source: receipt.source,
    messageId: `${BAD_PREFIX}${clientId ?? receipt.newMessageId()}`,
    type: "bad",
    event: read?.event ?? (typeof name === "string" ? clip(name) : ""),
    unit: read?.unit ?? userId ?? anonymousId ?? idOf(fields["groupId"]) ?? "",
    userId,
    anonymousId,
    at: read?.at ?? receipt.receivedAt,
    timestamp: read?.timestamp ?? null,
    sentAt: read?.sentAt ?? input.sentAt,
    receivedAt: receipt.receivedAt,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: JSON.stringify(body),
    context: read?.context ?? JSON.stringify(shallow(input.context ?? {}, MAX_KEPT_DEPTH)),
  };
}

/**
 * Reads what a bad event says back from its `properties`.
 *
 * @returns null for text that `badEvent` cannot have written
 */
export function readBadEvent(properties: string): BadEventBody | null {
  const body: unknown = JSON.parse(properties);
  if (!isFields(body)) return null;
  const kind = BAD_KINDS.find((candidate) => candidate === body["kind"]);
  const [path, reason, dialect] = [body["path"], body["reason"], body["dialect"]];
  const [plan, call] = [body["plan"], body["call"]];
  if (kind === undefined || typeof path !== "string" || typeof reason !== "string") return null;
  if (typeof dialect !== "string") return null;
  return {
    kind,
    path,
    at: typeof body["at"] === "string" ? body["at"] : path,
    reason,
    dialect,
    plan: typeof plan === "string" ? plan : null,
    call: typeof call === "string" ? call : null,
    raw: body["raw"],
  };
}

/**
 * The event that takes a bad event off the list: its message id is the bad event's behind
 * `resolved:`, in the same workspace, environment and source. It is appended after the replayed
 * event is durable, and appending it again changes nothing.
 */
export function resolvedEvent(
  bad: Pick<
    FlatEvent,
    | "workspace"
    | "environment"
    | "source"
    | "messageId"
    | "event"
    | "unit"
    | "userId"
    | "anonymousId"
  >,
  resolution: Resolution,
): FlatEvent {
  const type: EventType = "resolved";
  const { outcome, by, reason, at } = resolution;
  return {
    workspace: bad.workspace,
    environment: bad.environment,
    source: bad.source,
    messageId: `${RESOLVED_PREFIX}${bad.messageId}`,
    type,
    event: bad.event,
    unit: bad.unit,
    userId: bad.userId,
    anonymousId: bad.anonymousId,
    at,
    timestamp: null,
    sentAt: null,
    receivedAt: at,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: JSON.stringify({ outcome, by, reason, bad: bad.messageId }),
    context: "{}",
  };
}

/** A pointer with `*` for every place in a list. */
function listPath(raw: unknown, pointer: string): string {
  let place = raw;
  return pointerSteps(pointer)
    .map((step) => {
      if (Array.isArray(place)) {
        place = place[Number(step)];
        return "/*";
      }
      place = isFields(place) ? place[step] : undefined;
      return pointerStep(step);
    })
    .join("");
}

/** Ids as far as they can be read: texts and numbers, cut to the length of an id. */
function idOf(value: unknown): string | null {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? clip(text) : null;
}

function clip(text: string): string {
  return text.slice(0, MAX_NAME_LENGTH).toWellFormed();
}

/** A copy of a JSON value without what lies deeper than `depth`. */
function shallow(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return LEFT_OUT;
  if (Array.isArray(value)) return value.map((entry) => shallow(entry, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, shallow(entry, depth - 1)]),
  );
}
