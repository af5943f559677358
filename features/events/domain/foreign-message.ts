import { parseInstant } from "./event-time.ts";
import { isFields } from "./json-object.ts";
import type { ParityMessage } from "./parity.ts";

/** Where an export of another vendor keeps what is compared; what is absent is looked for. */
export interface ForeignColumns {
  readonly messageId?: string;
  readonly event?: string;
  readonly timestamp?: string;
  readonly properties?: string;
}

/** Names that exports use, ours first: Segment, RudderStack, PostHog, Amplitude, Mixpanel, warehouses. */
const COLUMNS = {
  messageId: [
    "messageId",
    "message_id",
    "MESSAGE_ID",
    "uuid",
    "$insert_id",
    "insert_id",
    "event_id",
    "id",
  ],
  event: ["event", "event_name", "event_type", "EVENT", "name"],
  timestamp: [
    "timestamp",
    "originalTimestamp",
    "original_timestamp",
    "client_event_time",
    "event_time",
    "time",
    "TIMESTAMP",
    "sentAt",
    "receivedAt",
    "received_at",
  ],
  properties: ["properties", "traits", "event_properties", "PROPERTIES"],
} as const;

/** Instants below this are seconds: as milliseconds they would lie before April 1973. */
const FEWEST_MILLISECONDS = 100_000_000_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A row of another vendor's export as a message; null where it names no message id or no instant.
 *
 * @param typed whether values have their JSON types; in CSV all are texts, except inside a JSON cell
 */
export function foreignMessage(
  row: Fields,
  columns: ForeignColumns,
  typed: boolean,
): ParityMessage | null {
  const messageId = textOf(valueOf(row, "messageId", columns));
  const at = instantOf(valueOf(row, "timestamp", columns));
  if (messageId === null || at === null) return null;
  const call = textOf(row["type"]);
  const name = textOf(valueOf(row, "event", columns));
  return { messageId, event: eventLabel(call, name), at, fields: fieldsOf(row, columns, typed) };
}

/** What people call a message: the name of a track event, else its call with the name of the page. */
export function eventLabel(call: string | null, name: string | null): string {
  if (call === null || call === "track") return name === null || name === "" ? "track" : name;
  if (call === "page" || call === "screen")
    return name === null || name === "" ? call : `${call} ${name}`;
  return call;
}

function valueOf(row: Fields, key: keyof typeof COLUMNS, columns: ForeignColumns): unknown {
  const named = columns[key];
  if (named !== undefined) return row[named];
  const found = COLUMNS[key].find((name) => row[name] !== undefined && row[name] !== "");
  return found === undefined ? undefined : row[found];
}

function fieldsOf(row: Fields, columns: ForeignColumns, typed: boolean): Fields | null {
  const value = valueOf(row, "properties", columns);
  if (isFields(value)) return value;
  if (typeof value === "string" && value.startsWith("{")) {
    try {
      const parsed: unknown = JSON.parse(value);
      return isFields(parsed) ? parsed : null;
    } catch {
      return null;
    }
  }
  return typed && value === undefined ? {} : null;
}

function textOf(value: unknown): string | null {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? text : null;
}

/** ISO 8601, Unix seconds or milliseconds, and what warehouses print: `2026-01-05 14:00:00 UTC`. */
function instantOf(value: unknown): number | null {
  const number =
    typeof value === "string" && /^\d{9,13}(?:\.\d+)?$/u.test(value) ? Number(value) : value;
  if (typeof number === "number")
    return parseInstant(number < FEWEST_MILLISECONDS ? number * 1000 : number);
  if (typeof value !== "string") return null;
  return parseInstant(value.replace(/ UTC$/u, "Z"));
}
