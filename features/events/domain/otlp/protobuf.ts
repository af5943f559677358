import { base64Encode, BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { UnreadableBody } from "../read-body.ts";

/** How the value of a field is written, and how it becomes the JSON of OTLP. */
interface Scalar {
  readonly wire: WireType;
  readonly read: (reader: BinaryReader) => unknown;
}

interface Field {
  /** The name in OTLP's JSON. */
  readonly name: string;
  /** A function, because messages nest in themselves. */
  readonly type: Scalar | (() => Message);
  readonly repeated?: boolean;
}

/** The fields of a message by their numbers; numbers that are not here are ignored. */
type Message = Readonly<Record<number, Field>>;

const STRING: Scalar = { wire: WireType.LengthDelimited, read: (reader) => reader.string() };
/** Ids are hexadecimal in OTLP's JSON, unlike other bytes. */
const ID: Scalar = { wire: WireType.LengthDelimited, read: (reader) => hexOf(reader.bytes()) };
const BYTES: Scalar = {
  wire: WireType.LengthDelimited,
  read: (reader) => base64Encode(reader.bytes()),
};
const BOOL: Scalar = { wire: WireType.Varint, read: (reader) => reader.bool() };
const INT32: Scalar = { wire: WireType.Varint, read: (reader) => reader.int32() };
const SINT32: Scalar = { wire: WireType.Varint, read: (reader) => reader.sint32() };
const UINT32: Scalar = { wire: WireType.Varint, read: (reader) => reader.uint32() };
const INT64: Scalar = { wire: WireType.Varint, read: (reader) => String(reader.int64()) };
const UINT64: Scalar = { wire: WireType.Varint, read: (reader) => String(reader.uint64()) };
const FIXED32: Scalar = { wire: WireType.Bit32, read: (reader) => reader.fixed32() };
const FIXED64: Scalar = { wire: WireType.Bit64, read: (reader) => String(reader.fixed64()) };
const SFIXED64: Scalar = { wire: WireType.Bit64, read: (reader) => String(reader.sfixed64()) };
const DOUBLE: Scalar = { wire: WireType.Bit64, read: (reader) => reader.double() };

const one = (name: string, type: Field["type"]): Field => ({ name, type });
const many = (name: string, type: Field["type"]): Field => ({ name, type, repeated: true });

/*
 * Field numbers of opentelemetry-proto 1.x: common/v1, resource/v1, logs/v1, trace/v1, metrics/v1.
 * Exemplars, entity references and dropped counts are left out: nothing here is made of them.
 */
const ARRAY_VALUE = (): Message => ({ 1: many("values", ANY_VALUE) });
const KEY_VALUE_LIST = (): Message => ({ 1: many("values", () => KEY_VALUE) });
const ANY_VALUE_FIELDS: Message = {
  1: one("stringValue", STRING),
  2: one("boolValue", BOOL),
  3: one("intValue", INT64),
  4: one("doubleValue", DOUBLE),
  5: one("arrayValue", ARRAY_VALUE),
  6: one("kvlistValue", KEY_VALUE_LIST),
  7: one("bytesValue", BYTES),
};
const ANY_VALUE = (): Message => ANY_VALUE_FIELDS;
const KEY_VALUE: Message = { 1: one("key", STRING), 2: one("value", ANY_VALUE) };
const ATTRIBUTES = many("attributes", () => KEY_VALUE);
const RESOURCE: Message = { 1: ATTRIBUTES };
const SCOPE: Message = { 1: one("name", STRING), 2: one("version", STRING), 3: ATTRIBUTES };

const LOG_RECORD: Message = {
  1: one("timeUnixNano", FIXED64),
  2: one("severityNumber", INT32),
  3: one("severityText", STRING),
  5: one("body", ANY_VALUE),
  6: ATTRIBUTES,
  8: one("flags", FIXED32),
  9: one("traceId", ID),
  10: one("spanId", ID),
  11: one("observedTimeUnixNano", FIXED64),
  12: one("eventName", STRING),
};

const SPAN_EVENT: Message = {
  1: one("timeUnixNano", FIXED64),
  2: one("name", STRING),
  3: ATTRIBUTES,
};
const LINK: Message = {
  1: one("traceId", ID),
  2: one("spanId", ID),
  3: one("traceState", STRING),
  4: ATTRIBUTES,
};
const STATUS: Message = { 2: one("message", STRING), 3: one("code", INT32) };
const SPAN: Message = {
  1: one("traceId", ID),
  2: one("spanId", ID),
  3: one("traceState", STRING),
  4: one("parentSpanId", ID),
  5: one("name", STRING),
  6: one("kind", INT32),
  7: one("startTimeUnixNano", FIXED64),
  8: one("endTimeUnixNano", FIXED64),
  9: ATTRIBUTES,
  11: many("events", () => SPAN_EVENT),
  13: many("links", () => LINK),
  15: one("status", () => STATUS),
  16: one("flags", FIXED32),
};

const NUMBER_POINT: Message = {
  2: one("startTimeUnixNano", FIXED64),
  3: one("timeUnixNano", FIXED64),
  4: one("asDouble", DOUBLE),
  6: one("asInt", SFIXED64),
  7: ATTRIBUTES,
  8: one("flags", UINT32),
};
const HISTOGRAM_POINT: Message = {
  2: one("startTimeUnixNano", FIXED64),
  3: one("timeUnixNano", FIXED64),
  4: one("count", FIXED64),
  5: one("sum", DOUBLE),
  6: many("bucketCounts", FIXED64),
  7: many("explicitBounds", DOUBLE),
  9: ATTRIBUTES,
  10: one("flags", UINT32),
  11: one("min", DOUBLE),
  12: one("max", DOUBLE),
};
const BUCKETS: Message = { 1: one("offset", SINT32), 2: many("bucketCounts", UINT64) };
const EXPONENTIAL_POINT: Message = {
  1: ATTRIBUTES,
  2: one("startTimeUnixNano", FIXED64),
  3: one("timeUnixNano", FIXED64),
  4: one("count", FIXED64),
  5: one("sum", DOUBLE),
  6: one("scale", SINT32),
  7: one("zeroCount", FIXED64),
  8: one("positive", () => BUCKETS),
  9: one("negative", () => BUCKETS),
  10: one("flags", UINT32),
  12: one("min", DOUBLE),
  13: one("max", DOUBLE),
  14: one("zeroThreshold", DOUBLE),
};
const QUANTILE: Message = { 1: one("quantile", DOUBLE), 2: one("value", DOUBLE) };
const SUMMARY_POINT: Message = {
  2: one("startTimeUnixNano", FIXED64),
  3: one("timeUnixNano", FIXED64),
  4: one("count", FIXED64),
  5: one("sum", DOUBLE),
  6: many("quantileValues", () => QUANTILE),
  7: ATTRIBUTES,
  8: one("flags", UINT32),
};
const points = (message: Message, isSum = false): (() => Message) => {
  const fields: Message = {
    1: many("dataPoints", () => message),
    2: one("aggregationTemporality", INT32),
    ...(isSum ? { 3: one("isMonotonic", BOOL) } : {}),
  };
  return () => fields;
};
const METRIC: Message = {
  1: one("name", STRING),
  2: one("description", STRING),
  3: one("unit", STRING),
  5: one("gauge", points(NUMBER_POINT)),
  7: one("sum", points(NUMBER_POINT, true)),
  9: one("histogram", points(HISTOGRAM_POINT)),
  10: one("exponentialHistogram", points(EXPONENTIAL_POINT)),
  11: one("summary", points(SUMMARY_POINT)),
};

function request(list: string, scopes: string, records: string, record: Message): Message {
  const scoped: Message = { 1: one("scope", () => SCOPE), 2: many(records, () => record) };
  const resourced: Message = { 1: one("resource", () => RESOURCE), 2: many(scopes, () => scoped) };
  return { 1: many(list, () => resourced) };
}

const REQUESTS = {
  logs: request("resourceLogs", "scopeLogs", "logRecords", LOG_RECORD),
  traces: request("resourceSpans", "scopeSpans", "spans", SPAN),
  metrics: request("resourceMetrics", "scopeMetrics", "metrics", METRIC),
} as const;

/** Deeper attribute values than this are left out, so that no body exhausts the stack. */
const MAX_DEPTH = 100;

/**
 * Reads an export request in protobuf as the JSON that OTLP defines for it. Total: any bytes give a
 * request or a reason, and fields it does not know are skipped, as the protocol demands.
 */
export function decodeProtobuf(
  signal: keyof typeof REQUESTS,
  bytes: Uint8Array,
): Result<Record<string, unknown>, UnreadableBody> {
  try {
    return ok(decode(REQUESTS[signal], bytes, MAX_DEPTH));
  } catch (cause) {
    // The reader throws plain errors and range errors; which one says nothing to a client.
    if (!(cause instanceof Error)) throw cause;
    return err({ kind: "unreadable", reason: `the body is no OTLP protobuf (${cause.message})` });
  }
}

function decode(message: Message, bytes: Uint8Array, depth: number): Record<string, unknown> {
  const reader = new BinaryReader(bytes);
  const values: Record<string, unknown> = {};
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = message[number];
    if (field === undefined) reader.skip(wire, number);
    else readField(reader, field, wire, values, depth);
  }
  if (reader.pos > reader.len) throw new RangeError("premature end");
  return values;
}

function readField(
  reader: BinaryReader,
  { name, type, repeated }: Field,
  wire: WireType,
  values: Record<string, unknown>,
  depth: number,
): void {
  const isMessage = typeof type === "function";
  const expected = isMessage ? WireType.LengthDelimited : type.wire;
  const isPacked = repeated === true && !isMessage && wire === WireType.LengthDelimited;
  if (wire !== expected && !isPacked) {
    reader.skip(wire);
    return;
  }
  const add = (value: unknown): void => {
    const list = values[name];
    if (repeated !== true) values[name] = value;
    else if (Array.isArray(list)) list.push(value);
    else values[name] = [value];
  };
  if (isMessage) {
    const part = reader.bytes();
    if (depth > 0) add(decode(type(), part, depth - 1));
  } else if (isPacked && type.wire !== WireType.LengthDelimited) {
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError("premature end");
    while (reader.pos < end) add(type.read(reader));
  } else add(type.read(reader));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
