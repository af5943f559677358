import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Problem } from "@paceline/http";

import type { OtlpSignal } from "../../domain/index.ts";
import type { Taken } from "./pipeline.ts";

export const PROTOBUF = "application/x-protobuf";
export const JSON_TYPE = "application/json";
export type OtlpType = typeof PROTOBUF | typeof JSON_TYPE;

const REJECTED: Readonly<Record<OtlpSignal, string>> = {
  logs: "rejectedLogRecords",
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
};

/** Codes of google.rpc.Status for what an intake can answer. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};
const UNKNOWN = 2;

/**
 * The body of a 200: empty if all records were taken, else how many were not and why the first was
 * not. Clients must not send rejected records again; they are kept as bad events.
 */
export function otlpAnswer(signal: OtlpSignal, type: OtlpType, taken: Taken): string | Uint8Array {
  const rejected = taken.faults.length;
  const [first] = taken.faults;
  if (first === undefined) return type === JSON_TYPE ? "{}" : new Uint8Array();
  const errorMessage = `${rejected} kept as bad events and not accepted; the first, number ${first.index}: ${first.path} ${first.reason}`;
  if (type === JSON_TYPE) {
    // 64-bit integers are decimal text in protobuf's JSON.
    return JSON.stringify({
      partialSuccess: { [REJECTED[signal]]: String(rejected), errorMessage },
    });
  }
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int64(rejected);
  writer.tag(2, WireType.LengthDelimited).string(errorMessage);
  return writer.join().finish();
}

/** The body of an error: a google.rpc.Status in the type of the request. */
export function otlpStatus(type: OtlpType, { details }: Problem): string | Uint8Array {
  const code = CODES[details.status] ?? UNKNOWN;
  const message = `${details.title}. ${details.detail}`;
  if (type === JSON_TYPE) return JSON.stringify({ code, message });
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(code)
    .tag(2, WireType.LengthDelimited)
    .string(message)
    .finish();
}
