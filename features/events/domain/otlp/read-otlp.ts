import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { FlatEvent } from "../flat-event.ts";
import { isFields } from "../json-object.ts";
import type { Fields } from "../json-object.ts";
import type { MessageFault, Receipt } from "../message.ts";
import { sizeFault } from "../read-body.ts";
import type { PlacedFault, ReadBody, UnreadableBody } from "../read-body.ts";
import { readLogRecord } from "./logs.ts";
import { pointsOf, readPoint } from "./metrics.ts";
import { originOf, resourceOf } from "./record.ts";
import type { Origin } from "./record.ts";
import { readSpan } from "./spans.ts";
import { fieldsOf, listOf } from "./values.ts";

export const OTLP_SIGNALS = ["logs", "traces", "metrics"] as const;
export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

/** One record as it is kept when it is bad: with what it inherits, so that it can be read again. */
export interface OtlpRecord {
  readonly resource: unknown;
  readonly scope: unknown;
  readonly record: unknown;
}

/** A record may be several events: a span carries the flag evaluations made during it. */
type ReadRecord = (record: unknown, origin: Origin) => Result<readonly FlatEvent[], MessageFault>;

interface Shape {
  readonly list: string;
  readonly scopes: string;
  readonly records: string;
  /** The single records behind one member of `records`. */
  readonly split: (member: unknown) => readonly unknown[];
  readonly read: ReadRecord;
}

const SHAPES: Readonly<Record<OtlpSignal, Shape>> = {
  logs: {
    list: "resourceLogs",
    scopes: "scopeLogs",
    records: "logRecords",
    split: (record) => [record],
    read: readLogRecord,
  },
  traces: {
    list: "resourceSpans",
    scopes: "scopeSpans",
    records: "spans",
    split: (record) => [record],
    read: readSpan,
  },
  metrics: {
    list: "resourceMetrics",
    scopes: "scopeMetrics",
    records: "metrics",
    split: pointsOf,
    read: readPoint,
  },
};

/**
 * Reads an OTLP export request, given as the JSON that OTLP defines for it. Unknown fields are ignored;
 * an empty object is a request without records.
 *
 * @param digest a short digest of a text: log records and data points have no ids, so theirs are made
 *   of what they say, and a client's retry is a duplicate
 */
export function readOtlp(
  signal: OtlpSignal,
  body: unknown,
  receipt: Receipt,
  digest: (text: string) => string,
): Result<ReadBody, UnreadableBody> {
  if (!isFields(body)) return err({ kind: "unreadable", reason: "the body must be a JSON object" });
  const fault = shapeFault(body, SHAPES[signal]);
  if (fault !== null) return err({ kind: "unreadable", reason: fault });
  const { list, scopes, records, split, read } = SHAPES[signal];
  const reading = new Reading(digest);
  let events = 0;
  let inherited = 0;
  for (const resourced of listOf(body[list])) {
    const { resource, [scopes]: scoped } = fieldsOf(resourced);
    const own = resourceOf(resource);
    for (const { scope, [records]: members } of listOf(scoped).map(fieldsOf)) {
      const apart = listOf(members).flatMap(split);
      if (apart.length === 0) continue;
      const origin = originOf(receipt, own, scope, reading.digest);
      for (const record of apart) {
        const result = read(record, origin);
        const made = result.ok ? result.value.length : 1;
        events += made;
        inherited += made * origin.shared.length;
        const excess = sizeFault(events, inherited);
        if (excess !== null) return err(excess);
        reading.add({ resource, scope, record }, result);
      }
    }
  }
  return ok(reading.finish(signal));
}

/** What would be read as nothing, though something was sent. Absent and null are empty lists. */
function shapeFault(body: Fields, { list, scopes, records }: Shape): string | null {
  if (!isList(body[list])) return `${list} must be an array`;
  for (const resourced of listOf(body[list])) {
    if (!isFields(resourced)) return `${list} must hold objects`;
    if (!isList(resourced[scopes])) return `${scopes} must be an array`;
    for (const scoped of listOf(resourced[scopes])) {
      if (!isFields(scoped)) return `${scopes} must hold objects`;
      if (!isList(scoped[records])) return `${records} must be an array`;
    }
  }
  return null;
}

function isList(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value);
}

/** Reads one record again that was kept as a bad event. */
export function readOtlpRecord(
  signal: OtlpSignal,
  raw: unknown,
  receipt: Receipt,
  digest: (text: string) => string,
): ReadBody {
  const { resource, scope, record } = fieldsOf(raw);
  const reading = new Reading(digest);
  const origin = originOf(receipt, resourceOf(resource), scope, reading.digest);
  reading.add({ resource, scope, record }, SHAPES[signal].read(record, origin));
  return reading.finish(signal);
}

class Reading {
  readonly #events: FlatEvent[] = [];
  readonly #positions: number[] = [];
  readonly #messages: OtlpRecord[] = [];
  readonly #faults: PlacedFault[] = [];
  readonly #seen = new Map<string, number>();
  readonly #digest: (text: string) => string;

  constructor(digest: (text: string) => string) {
    this.#digest = digest;
  }

  /**
   * Records of one request that are equal to the last letter are different records: the second gets
   * another id. A retry sends the same request, so it gets the same ids.
   */
  readonly digest = (text: string): string => {
    const digest = this.#digest(text);
    const count = (this.#seen.get(digest) ?? 0) + 1;
    this.#seen.set(digest, count);
    return count === 1 ? digest : `${digest}.${count}`;
  };

  add(message: OtlpRecord, read: Result<readonly FlatEvent[], MessageFault>): void {
    const index = this.#messages.push(message) - 1;
    if (!read.ok) {
      this.#faults.push({ index, ...read.error });
      return;
    }
    for (const event of read.value) {
      this.#events.push(event);
      this.#positions.push(index);
    }
  }

  finish(call: OtlpSignal): ReadBody {
    return {
      dialect: "otlp",
      call,
      events: this.#events,
      positions: this.#positions,
      messages: this.#messages,
      faults: this.#faults,
      sentAt: null,
      context: undefined,
    };
  }
}
