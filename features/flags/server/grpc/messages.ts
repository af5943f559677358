import type { Field, FieldType, Shape } from "./protobuf.ts";

/** One call of a service: its name, and whether its answer is a stream. */
export interface Call {
  readonly name: string;
  readonly request: Shape;
  readonly response: Shape;
  readonly streams: boolean;
}

/** A gRPC service of flagd: its full name and its calls. */
export interface Service {
  readonly name: string;
  readonly calls: readonly Call[];
}

const one = (number: number, name: string, type: FieldType): Field => ({
  number,
  name,
  type,
  presence: type === "struct" ? "optional" : "implicit",
});
const optional = (number: number, name: string, type: FieldType): Field => ({
  number,
  name,
  type,
  presence: "optional",
});
const message = (name: string, ...fields: readonly Field[]): Shape => ({ name, fields });

/*
 * Field numbers and names of open-feature/flagd-schemas, Apache-2.0: flagd.sync.v1,
 * flagd.evaluation.v1 and v2. A test compares them with the published files.
 */
const SYNC_REQUEST = [one(1, "provider_id", "string"), one(2, "selector", "string")] as const;

export const SYNC_RESPONSE = message(
  "SyncFlagsResponse",
  one(1, "flag_configuration", "string"),
  optional(2, "sync_context", "struct"),
);
export const FETCH_RESPONSE = message(
  "FetchAllFlagsResponse",
  one(1, "flag_configuration", "string"),
);
export const METADATA_RESPONSE = message("GetMetadataResponse", one(2, "metadata", "struct"));

export const SYNC_V1: Service = {
  name: "flagd.sync.v1.FlagSyncService",
  calls: [
    {
      name: "SyncFlags",
      request: message("SyncFlagsRequest", ...SYNC_REQUEST),
      response: SYNC_RESPONSE,
      streams: true,
    },
    {
      name: "FetchAllFlags",
      request: message("FetchAllFlagsRequest", ...SYNC_REQUEST),
      response: FETCH_RESPONSE,
      streams: false,
    },
    {
      name: "GetMetadata",
      request: message("GetMetadataRequest"),
      response: METADATA_RESPONSE,
      streams: false,
    },
  ],
};

const EVENT_STREAM: Call = {
  name: "EventStream",
  request: message("EventStreamRequest"),
  response: message("EventStreamResponse", one(1, "type", "string"), one(2, "data", "struct")),
  streams: true,
};
export const EVENT_RESPONSE = EVENT_STREAM.response;

/** The types that can be asked for, by the word in the names of the calls. */
const RESOLVED: Readonly<Record<string, FieldType>> = {
  Boolean: "bool",
  String: "string",
  Float: "double",
  Int: "int64",
  Object: "struct",
};

/** Version 1 has no way to say that there is no value: it sends the zero value and no variant. */
function resolveCalls(add: typeof one): readonly Call[] {
  return Object.entries(RESOLVED).map(([type, value]) => ({
    name: `Resolve${type}`,
    request: message(
      `Resolve${type}Request`,
      one(1, "flag_key", "string"),
      one(2, "context", "struct"),
    ),
    response: message(
      `Resolve${type}Response`,
      add(1, "value", value),
      one(2, "reason", "string"),
      add(3, "variant", "string"),
      one(4, "metadata", "struct"),
    ),
    streams: false,
  }));
}

const ANY_FLAG_V1 = message(
  "AnyFlag",
  one(1, "reason", "string"),
  one(2, "variant", "string"),
  optional(3, "bool_value", "bool"),
  optional(4, "string_value", "string"),
  optional(5, "double_value", "double"),
  optional(6, "object_value", "struct"),
  one(7, "metadata", "struct"),
);

const RESOLVE_ALL: Call = {
  name: "ResolveAll",
  request: message("ResolveAllRequest", one(1, "context", "struct")),
  response: message(
    "ResolveAllResponse",
    one(1, "flags", { map: ANY_FLAG_V1 }),
    one(2, "metadata", "struct"),
  ),
  streams: false,
};

export const EVALUATION_V1: Service = {
  name: "flagd.evaluation.v1.Service",
  calls: [RESOLVE_ALL, ...resolveCalls(one), EVENT_STREAM],
};

export const EVALUATION_V2: Service = {
  name: "flagd.evaluation.v2.Service",
  calls: [...resolveCalls(optional), EVENT_STREAM],
};
