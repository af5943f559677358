import { createHash } from "node:crypto";

import type { Row } from "./read-messages.ts";

/** Names of Segment's messages for those of our own Parquet files and of warehouses. */
const NAMES: Readonly<Record<string, string>> = {
  message_id: "messageId",
  user_id: "userId",
  anonymous_id: "anonymousId",
  group_id: "groupId",
  previous_id: "previousId",
  occurred_at: "timestamp",
  original_timestamp: "originalTimestamp",
  event_name: "event",
};
/** Bodies that tables keep as JSON text. */
const BODIES = new Set(["properties", "traits", "context"]);
const HASH_LENGTH = 32;

/** `event=Event Name,userId=customer` as a map from the file's columns to names of messages. */
export function readMapping(map: string | undefined): ReadonlyMap<string, string> {
  const parts = (map ?? "").split(",").filter((part) => part.includes("="));
  return new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      return [part.slice(at + 1), part.slice(0, at)];
    }),
  );
}

/**
 * A row as the message that is sent. Columns `properties.x` become properties. Its time is the one
 * that was worked out when it first arrived, never moved again by how long ago it was sent. Without a
 * message id it gets one made of its content, so that sending it again is a duplicate.
 */
export function toMessage(row: Row, mapping: ReadonlyMap<string, string>): Row {
  const message: Record<string, unknown> = {};
  const nested: Record<string, Record<string, unknown>> = {};
  for (const [column, value] of Object.entries(row)) {
    const name = mapping.get(column) ?? NAMES[column] ?? column;
    const cell = cellOf(name, value);
    if (cell === undefined) continue;
    const dot = name.indexOf(".");
    const body = name.slice(0, Math.max(0, dot));
    if (BODIES.has(body)) (nested[body] ??= {})[name.slice(dot + 1)] = cell;
    else message[name] = cell;
  }
  for (const [body, members] of Object.entries(nested))
    message[body] = { ...Object(message[body]), ...members };
  return withId(corrected(typed(message)));
}

function cellOf(name: string, value: unknown): unknown {
  if (value === null || value === "") return undefined;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string" || !BODIES.has(name) || !value.startsWith("{")) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return parsed;
  } catch {
    return value;
  }
}

/** A row of a table names no call when all are events; exposures are stored under a name of our own. */
function typed(message: Record<string, unknown>): Record<string, unknown> {
  if (message["type"] === undefined && message["event"] !== undefined)
    return { ...message, type: "track" };
  if (message["type"] === "page" || message["type"] === "screen")
    return { ...message, name: message["name"] ?? message["event"] };
  if (message["type"] !== "exposure") return message;
  return {
    ...message,
    type: "track",
    event: "Experiment Viewed",
    userId: message["userId"] ?? message["unit"],
    properties: {
      ...Object(message["properties"]),
      flag_key: message["flag_key"],
      variation_id: message["variant"],
      ...(message["experiment_id"] === undefined
        ? {}
        : { experiment_id: message["experiment_id"] }),
      ...(message["revision"] === undefined ? {} : { revision: message["revision"] }),
    },
  };
}

function corrected(message: Record<string, unknown>): Record<string, unknown> {
  const { sentAt: _sentAt, correctedAt, ...rest } = message;
  return correctedAt === undefined ? rest : { ...rest, timestamp: correctedAt };
}

function withId(message: Record<string, unknown>): Row {
  if (message["messageId"] !== undefined) return message;
  const hash = createHash("sha256").update(JSON.stringify(message)).digest("hex");
  return { ...message, messageId: `import-${hash.slice(0, HASH_LENGTH)}` };
}
