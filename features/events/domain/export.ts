import type { FlatEvent } from "./flat-event.ts";

/** Which events an export holds: those that happened in `[from, to)`, Unix milliseconds. */
export interface ExportQuery {
  readonly workspace: string;
  readonly environment: string;
  readonly from: number;
  readonly to: number;
  /** One type; without it all but those that nobody sent. */
  readonly type?: string;
  readonly event?: string;
  readonly unit?: string;
  readonly source?: string;
}

/** What an engine writes by itself: lines in the log's own form, or Parquet. */
export type ExportFormat = "lines" | "parquet";

/** An event as it leaves: Segment's names for what Segment has, so that it can be imported again. */
export interface ExportedEvent {
  readonly type: string;
  readonly messageId: string;
  readonly event?: string;
  readonly name?: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** The client's own instant, or the corrected one where it named none. */
  readonly timestamp: string;
  readonly sentAt: string | null;
  readonly receivedAt: string;
  /** When it happened by our reckoning. */
  readonly correctedAt: string;
  readonly unit: string;
  readonly source: string;
  readonly groupId?: unknown;
  readonly previousId?: unknown;
  readonly properties?: unknown;
  readonly traits?: unknown;
  readonly context: unknown;
}

/**
 * The message of an event. Imported again it becomes the same event: an exposure leaves as Segment's
 * `Experiment Viewed`, which the intake reads as an exposure.
 */
export function exportedEvent(event: FlatEvent): ExportedEvent {
  const body: unknown = JSON.parse(event.properties);
  const traits = event.type === "identify" || event.type === "group";
  const exposure = event.type === "exposure";
  return {
    type: exposure ? "track" : event.type,
    messageId: event.messageId,
    ...nameOf(event),
    userId: event.userId ?? (exposure && event.anonymousId === null ? event.unit : null),
    anonymousId: event.anonymousId,
    timestamp: instantText(event.timestamp ?? event.at),
    sentAt: event.sentAt === null ? null : instantText(event.sentAt),
    receivedAt: instantText(event.receivedAt),
    correctedAt: instantText(event.at),
    unit: event.unit,
    source: event.source,
    ...idsInBody(event, body),
    ...(traits ? { traits: body } : { properties: exposure ? exposureBody(event, body) : body }),
    context: JSON.parse(event.context),
  };
}

function nameOf({ type, event }: FlatEvent): Pick<ExportedEvent, "event" | "name"> {
  if (type === "exposure") return { event: "Experiment Viewed" };
  if (type === "page" || type === "screen") return event === "" ? {} : { name: event };
  return event === "" ? {} : { event };
}

/** The intake keeps these two ids with the body, and wants them beside it. */
function idsInBody(
  { type }: FlatEvent,
  body: unknown,
): Pick<ExportedEvent, "groupId" | "previousId"> {
  if (type === "group") return { groupId: member(body, "groupId") };
  if (type === "alias") return { previousId: member(body, "previousId") };
  return {};
}

function exposureBody(event: FlatEvent, body: unknown): unknown {
  return {
    ...(typeof body === "object" ? body : {}),
    ...(event.experimentId === null ? {} : { experiment_id: event.experimentId }),
    flag_key: event.flagKey,
    variation_id: event.variant,
    ...(event.revision === null || event.revision === "" ? {} : { revision: event.revision }),
  };
}

function member(body: unknown, key: string): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, key) : undefined;
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}

/** The columns of a CSV export, in order; bodies are JSON text. */
export const CSV_COLUMNS = [
  "messageId",
  "type",
  "event",
  "userId",
  "anonymousId",
  "timestamp",
  "sentAt",
  "receivedAt",
  "correctedAt",
  "source",
  "properties",
  "context",
] as const;

/** One line of a CSV export, ended by CR LF (RFC 4180). */
export function csvLine(event: ExportedEvent): string {
  const cells: readonly unknown[] = [
    event.messageId,
    event.type,
    event.event ?? event.name ?? "",
    event.userId,
    event.anonymousId,
    event.timestamp,
    event.sentAt,
    event.receivedAt,
    event.correctedAt,
    event.source,
    JSON.stringify(event.properties ?? event.traits ?? {}),
    JSON.stringify(event.context),
  ];
  return `${cells.map((cell) => csvCell(typeof cell === "string" ? cell : "")).join(",")}\r\n`;
}

/** Spreadsheets run a cell that begins with one of these as a formula. */
const FORMULA_START = /^[=+\-@\t\r]/u;

/**
 * A cell that no spreadsheet runs: a text that would begin a formula gets a quote in front, as OWASP
 * advises for "CSV injection". What is exported so differs from what was sent by that one quote.
 */
export function csvCell(text: string): string {
  const safe = FORMULA_START.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}
