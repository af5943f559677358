import type { Readable } from "node:stream";

import type { App } from "@paceline/http";
import type { FastifyReply } from "fastify";

import type { ReadBody, Receipt } from "../../domain/index.ts";
import type { EventRouteDeps, IntakeCaller } from "../dependencies.ts";
import { dryRunAnswer, intakeProblem, refused, UNAVAILABLE } from "./answers.ts";
import { readWhole } from "./body.ts";
import { isDryRun, receiptOf } from "./caller.ts";
import type { Request, Sent } from "./caller.ts";
import { dryRun, takeEvents } from "./pipeline.ts";
import type { Taken } from "./pipeline.ts";

const PREFLIGHT_SECONDS = "86400";
const ALLOWED_HEADERS = [
  "authorization",
  "content-type",
  "content-encoding",
  "x-retry-count",
  "x-api-key",
  // RudderStack's client for the browser sends it with every batch.
  "anonymousid",
  "x-paceline-dry-run",
  "sec-gpc",
  "traceparent",
  "tracestate",
  "baggage",
].join(", ");
/** The beginning of what Fastify takes as a media type. */
const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;
/** Every page may send. */
export const CROSS_ORIGIN = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "retry-after",
  "cross-origin-resource-policy": "cross-origin",
} as const;
export const JSON_TYPE = "application/json; charset=utf-8";

/**
 * A plugin whose content type parsers are its own, so that the rest of the product keeps its strict
 * ones: a body is read as bytes, whatever its content type says. Every page may send, and no fault
 * leaves as 500: that is the one code after which clients lose events.
 */
export function registerIntakePlugin(
  app: App,
  deps: EventRouteDeps,
  register: (intake: App) => void,
): void {
  app.register(async (intake) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser("*", (request: Request, payload: Readable) =>
      readWhole(payload, request.headers["content-length"]),
    );
    intake.addHook("onRequest", (request, to, done) => {
      // What is no media type at all would be refused before any parser is asked.
      if (!MEDIA_TYPE.test(request.headers["content-type"] ?? "")) {
        request.headers["content-type"] = undefined;
      }
      for (const [name, value] of Object.entries(CROSS_ORIGIN)) void to.header(name, value);
      done();
    });
    intake.setErrorHandler((error: Error) => {
      const problem = intakeProblem(error);
      if (problem === UNAVAILABLE) deps.onError?.(error);
      // To the handler of the whole application, which writes every problem document.
      throw problem;
    });
    register(intake);
  });
}

/** Answers the preflight of a browser: its clients send an Authorization header, which forces one. */
export function registerPreflight(intake: App, url: string, method: "GET" | "POST"): void {
  intake.route({
    method: "OPTIONS",
    url,
    config: { permission: "public" },
    schema: { hide: true },
    handler: async (_request, reply) => {
      await reply
        .code(204)
        .header("access-control-allow-methods", method)
        .header("access-control-allow-headers", ALLOWED_HEADERS)
        .header("access-control-max-age", PREFLIGHT_SECONDS)
        .send();
    },
  });
}

/**
 * How a dialect says what became of its events. Made apart from the function that reads the body:
 * closures of one function keep all its variables, and a parsed body that is kept until the disk has
 * answered costs the garbage collector a copy.
 */
export interface Answering<Body extends string | Uint8Array> {
  /** The body of a 200. */
  readonly answer: (taken: Taken) => Body;
  readonly contentType: string;
}

/** A 200. */
export interface Answer<Body extends string | Uint8Array> {
  readonly body: Body;
  readonly contentType: string;
}

/**
 * Takes the events of an authenticated request, or only judges them if it is a dry run.
 *
 * @param read throws Problem 400 for a body that cannot be read
 */
export async function converse<Body extends string | Uint8Array>(
  deps: EventRouteDeps,
  caller: IntakeCaller,
  request: Sent,
  read: (receipt: Receipt) => ReadBody,
  answering: Answering<Body>,
): Promise<Answer<Body | string>> {
  const receipt = await receiptOf(deps, caller, request);
  if (isDryRun(request.headers)) return judgeOnly(deps, receipt, read(receipt));
  // Not awaited here, where the body would stay alive until the disk has answered.
  return answerTo(takeEvents(deps, receipt, read(receipt)), answering);
}

async function answerTo<Body extends string | Uint8Array>(
  taking: ReturnType<typeof takeEvents>,
  { answer, contentType }: Answering<Body>,
): Promise<Answer<Body>> {
  const taken = await taking;
  if (!taken.ok) throw refused(taken.error);
  return { body: answer(taken.value), contentType };
}

/** Sends an answer by a route. Takes the promise, so that its caller need not wait with what it read. */
export async function reply<Body extends string | Uint8Array>(
  to: FastifyReply,
  answering: Promise<Answer<Body>>,
): Promise<Body> {
  const { body, contentType } = await answering;
  void to.header("content-type", contentType);
  return body;
}

/** The full per-event answer of `/v1/validate` and of dry runs, the same in every dialect. */
export function judgeOnly(deps: EventRouteDeps, receipt: Receipt, body: ReadBody): Answer<string> {
  return {
    body: JSON.stringify(dryRunAnswer(dryRun(deps, receipt, body))),
    contentType: JSON_TYPE,
  };
}
