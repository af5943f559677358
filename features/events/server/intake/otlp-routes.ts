import type { App } from "@paceline/http";
import type { FastifySchema } from "fastify";
import { Type } from "typebox";

import { decodeProtobuf, OTLP_SIGNALS, readOtlp } from "../../domain/index.ts";
import type { OtlpSignal, ReadBody, Receipt } from "../../domain/index.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { intakeProblem, UNAVAILABLE } from "./answers.ts";
import { MAX_BODY_BYTES, parseJson, readBytes, unreadableBody } from "./body.ts";
import { findCaller, readKey } from "./caller.ts";
import type { Request } from "./caller.ts";
import { JSON_TYPE, otlpAnswer, otlpStatus, PROTOBUF } from "./otlp-answers.ts";
import type { OtlpType } from "./otlp-answers.ts";
import { digestOf } from "./pipeline.ts";
import { converse, registerPreflight, reply } from "./plugin.ts";
import type { Answer, Answering } from "./plugin.ts";

const OPENING_BRACE = 0x7b;

const SCHEMA: FastifySchema = {
  tags: ["events"],
  summary: "OTLP/HTTP: an export request in JSON or protobuf",
  description:
    "Needs a key with the scope `intake`, as `Authorization: Bearer`, as the user name of Basic or as `X-API-Key`.",
  response: {
    200: Type.Unknown({ description: "the answer of OTLP, with `partialSuccess` for bad records" }),
    "4xx": Type.Unknown({ description: "a `google.rpc.Status`" }),
    "5xx": Type.Unknown({
      description: "a `google.rpc.Status`; send it again after `Retry-After`",
    }),
  },
};

export const OTLP_PATHS: readonly string[] = OTLP_SIGNALS.map((signal) => `/v1/${signal}`);

/** OTLP/HTTP. Every answer, also an error, has the content type of its request. */
export function registerOtlp(intake: App, deps: EventRouteDeps): void {
  intake.register(async (otlp) => {
    otlp.setErrorHandler((error: Error, request, to) => {
      const problem = intakeProblem(error);
      if (problem === UNAVAILABLE) deps.onError?.(error);
      const type = typeOf(request);
      for (const [name, value] of Object.entries(problem.details.headers ?? {})) {
        void to.header(name, value);
      }
      void to.status(problem.details.status).header("content-type", type);
      return to.send(otlpStatus(type, problem));
    });
    for (const signal of OTLP_SIGNALS) {
      const url = `/v1/${signal}`;
      otlp.route({
        method: "POST",
        url,
        bodyLimit: MAX_BODY_BYTES,
        config: { permission: "public", idempotent: false },
        schema: SCHEMA,
        handler: (request, to) => reply(to, take(deps, signal, request)),
      });
      registerPreflight(otlp, url, "POST");
    }
  });
}

async function take(
  deps: EventRouteDeps,
  signal: OtlpSignal,
  request: Request,
): Promise<Answer<string | Uint8Array>> {
  const caller = await findCaller(deps, readKey(request, null));
  const bytes = await readBytes(request.body, request.headers["content-encoding"]);
  const type = typeOf(request, bytes);
  const json = type === JSON_TYPE ? parseJson(bytes) : readProtobuf(signal, bytes);
  const answering = answeringOf(signal, type);
  return converse(deps, caller, request, (receipt) => readSignal(signal, json, receipt), answering);
}

function answeringOf(signal: OtlpSignal, type: OtlpType): Answering<string | Uint8Array> {
  return {
    answer: (taken) => toBytes(otlpAnswer(signal, type, taken)),
    contentType: type,
  };
}

function readSignal(signal: OtlpSignal, json: unknown, receipt: Receipt): ReadBody {
  const read = readOtlp(signal, json, receipt, digestOf);
  if (!read.ok) throw unreadableBody(read.error);
  return read.value;
}

function readProtobuf(signal: OtlpSignal, bytes: Buffer): unknown {
  const read = decodeProtobuf(signal, bytes);
  if (!read.ok) throw unreadableBody(read.error);
  return read.value;
}

/** By the content type; where it says nothing, by the first byte, which no request in protobuf has. */
function typeOf(request: Request, bytes?: Buffer): OtlpType {
  const named = request.headers["content-type"] ?? "";
  if (/^application\/x-protobuf|^application\/protobuf/i.test(named)) return PROTOBUF;
  if (/json/i.test(named)) return JSON_TYPE;
  return bytes === undefined || bytes[0] === OPENING_BRACE ? JSON_TYPE : PROTOBUF;
}

/** Fastify sends buffers as they are. */
function toBytes(answer: string | Uint8Array): string | Uint8Array {
  return typeof answer === "string" ? answer : Buffer.from(answer);
}
