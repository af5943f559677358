import { status } from "@grpc/grpc-js";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { serveAll } from "../../domain/index.ts";
import type { PublishedSet } from "../../domain/index.ts";
import { assignedContext, deliverFlag, NOT_RECORDED_WORDS } from "../deliver.ts";
import type { Answered } from "../deliver.ts";
import type { RateLimit } from "../rate-limit.ts";
import { admit } from "./access.ts";
import type { Caller, Refusal } from "./access.ts";
import type { GrpcDependencies } from "./dependencies.ts";
import { EVENT_RESPONSE } from "./messages.ts";
import type { Call, Service } from "./messages.ts";
import { encode } from "./protobuf.ts";
import type { FieldType, Message, Shape } from "./protobuf.ts";
import { streaming, unary } from "./service.ts";
import type { Streaming, Unary } from "./service.ts";
import type { News, Streams } from "./streams.ts";

type Words =
  | "FLAG_NOT_FOUND"
  | "TYPE_MISMATCH"
  | "PARSE_ERROR"
  | "TARGETING_KEY_MISSING"
  | "GENERAL";

/** OpenFeature's error codes as flagd puts them into gRPC. */
const CODES = {
  FLAG_NOT_FOUND: status.NOT_FOUND,
  TYPE_MISMATCH: status.INVALID_ARGUMENT,
  PARSE_ERROR: status.DATA_LOSS,
  TARGETING_KEY_MISSING: status.FAILED_PRECONDITION,
  GENERAL: status.INTERNAL,
} as const satisfies Readonly<Record<Words, status>>;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case "bool":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
    case "double":
    case "int64":
      return typeof value === "number";
    case "struct":
      return isRecord(value);
    default:
      return false;
  }
}

/** What is wrong with an answer for a caller that wants a type; null if it can be sent. */
function faultOf(evaluation: Answered, type: FieldType): Refusal | null {
  const { key, errorCode, errorMessage, value } = evaluation;
  if (errorCode !== undefined)
    return { code: CODES[errorCode], details: errorMessage ?? errorCode };
  if (value === undefined || hasType(value, type)) return null;
  return { code: CODES.TYPE_MISMATCH, details: `flag "${key}" is ${typeof value}` };
}

function contextOf(request: Message): Readonly<Record<string, unknown>> {
  const { context } = request;
  return isRecord(context) ? context : {};
}

function textOf(request: Message, name: string): string {
  const value = request[name];
  return typeof value === "string" ? value : "";
}

interface Asked {
  readonly set: PublishedSet;
  readonly now: Date;
}

/** The services `flagd.evaluation.v1` and `v2` over the same flags. */
export class EvaluationService {
  readonly #deps: GrpcDependencies;
  readonly #limit: RateLimit;
  readonly #streams: Streams;

  constructor(deps: GrpcDependencies, limit: RateLimit, streams: Streams) {
    this.#deps = deps;
    this.#limit = limit;
    this.#streams = streams;
  }

  implementation({ calls }: Service): UntypedServiceImplementation {
    return Object.fromEntries(calls.map((call) => [call.name, this.#handler(call)]));
  }

  #handler(call: Call): UntypedServiceImplementation[string] {
    const { onError } = this.#deps;
    if (call.streams) return streaming((stream) => this.#events(stream), onError);
    if (call.name === "ResolveAll") return unary((all) => this.#all(all, call.response), onError);
    return unary((one) => this.#one(one, call.response), onError);
  }

  async #admit(call: Unary | Streaming): Promise<Result<Caller, Refusal>> {
    const caller = await admit(call, "browser", "", this.#deps);
    if (!caller.ok || this.#limit.take(caller.value.id) === 0) return caller;
    return err({ code: status.RESOURCE_EXHAUSTED, details: "this key evaluates too often" });
  }

  async #asked(call: Unary): Promise<Result<Asked, Refusal>> {
    const caller = await this.#admit(call);
    if (!caller.ok) return caller;
    const { workspaceId, environment } = caller.value;
    const now = await this.#deps.environmentNow(workspaceId, environment);
    return ok({ set: this.#deps.flagSets.get(workspaceId, environment), now });
  }

  async #one(call: Unary, response: Shape): Promise<Result<Buffer, Refusal>> {
    const asked = await this.#asked(call);
    if (!asked.ok) return asked;
    const { set, now } = asked.value;
    const type = response.fields[0]?.type ?? "struct";
    const key = textOf(call.request, "flag_key");
    const isUsable = (evaluation: Answered): boolean => faultOf(evaluation, type) === null;
    const context = contextOf(call.request);
    const delivered = await deliverFlag(this.#deps, set, key, context, now, isUsable);
    if (!delivered.ok) {
      const isBusy = delivered.error.retryAfterS !== null;
      const code = isBusy ? status.RESOURCE_EXHAUSTED : status.INTERNAL;
      return err({ code, details: NOT_RECORDED_WORDS });
    }
    const { value, variant, reason, metadata } = delivered.value;
    const fault = faultOf(delivered.value, type);
    return fault === null ? ok(encode(response, { value, reason, variant, metadata })) : err(fault);
  }

  /** Every flag that can be sent; one that fails does not fail the others, and nobody is exposed. */
  async #all(call: Unary, response: Shape): Promise<Result<Buffer, Refusal>> {
    const asked = await this.#asked(call);
    if (!asked.ok) return asked;
    const { set, now } = asked.value;
    const asker = contextOf(call.request);
    this.#deps.contexts.offer(set.workspaceId, set.environment, asker, now);
    this.#deps.usage.evaluatedAll(set.workspaceId, set.environment, now);
    const context = await assignedContext(this.#deps, set, null, asker, now);
    const evaluations = serveAll(set, context, now.getTime()).filter(
      ({ errorCode }) => errorCode === undefined,
    );
    const flags = Object.fromEntries(evaluations.map((one) => [one.key, anyFlag(one)]));
    return ok(encode(response, { flags, metadata: set.document.metadata }));
  }

  async #events(call: Streaming): Promise<Refusal | null> {
    const caller = await this.#admit(call);
    if (!caller.ok) return caller.error;
    // Opening counts as an evaluation, being looked at while it is open does not.
    return this.#streams.open(call, () => admit(call, "browser", "", this.#deps));
  }
}

function anyFlag({ value, variant, reason, metadata }: Answered): Message {
  return {
    reason,
    variant: variant ?? "",
    metadata,
    ...(typeof value === "boolean" ? { bool_value: value } : {}),
    ...(typeof value === "string" ? { string_value: value } : {}),
    ...(typeof value === "number" ? { double_value: value } : {}),
    ...(isRecord(value) ? { object_value: value } : {}),
  };
}

export const KEEP_ALIVE = encode(EVENT_RESPONSE, { type: "keep_alive" });

/** The event for some news: that the stream is open, or which flags changed. */
export function eventOf({ set, changedKeys }: News): Buffer {
  if (changedKeys === null) return encode(EVENT_RESPONSE, { type: "provider_ready" });
  const flags = [...changedKeys].map((key) => {
    const type = set.flags.has(key) ? "write" : "delete";
    return [key, { type, source: set.document.metadata.flagSetId, flagKey: key }] as const;
  });
  const data = { flags: Object.fromEntries(flags) };
  return encode(EVENT_RESPONSE, { type: "configuration_change", data });
}
