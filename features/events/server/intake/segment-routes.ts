import type { App } from "@paceline/http";
import type { FastifySchema } from "fastify";

import { DryRunAnswer, IntakeAnswer } from "../../api.ts";
import { MESSAGE_TYPES, readBody } from "../../domain/index.ts";
import type { MessageType, ReadBody, Receipt } from "../../domain/index.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { answerOf } from "./answers.ts";
import { MAX_BODY_BYTES, parseJson, readBytes, unreadableBody } from "./body.ts";
import { findCaller, NEEDS_WRITE_KEY, readKey, receiptOf } from "./caller.ts";
import type { Request, Sent } from "./caller.ts";
import { converse, JSON_TYPE, judgeOnly, registerPreflight, reply } from "./plugin.ts";
import type { Answer, Answering } from "./plugin.ts";

/** Long and short names of Segment's calls; `import` is a batch of history. */
export const CALLS: Readonly<Record<string, MessageType | "batch">> = {
  batch: "batch",
  b: "batch",
  import: "batch",
  track: "track",
  t: "track",
  identify: "identify",
  i: "identify",
  page: "page",
  p: "page",
  screen: "screen",
  s: "screen",
  group: "group",
  g: "group",
  alias: "alias",
  a: "alias",
};

/** Typed loosely, because the answers are sent as finished text. */
const EVENTS_SCHEMA: FastifySchema = {
  tags: ["events"],
  summary: "Take events as Segment's clients send them; 200 when they are on the disk",
  description: NEEDS_WRITE_KEY,
  response: { 200: IntakeAnswer },
};
const VALIDATE_SCHEMA: FastifySchema = {
  tags: ["events"],
  summary: "What would become of a batch or of one message; nothing is stored",
  description: NEEDS_WRITE_KEY,
  response: { 200: DryRunAnswer },
};

const ANSWER: Answering<string> = {
  answer: (taken) => JSON.stringify(answerOf(taken)),
  contentType: JSON_TYPE,
};

/**
 * Segment's HTTP interface, with and without a trailing slash. The paths never redirect: Segment's
 * client follows a redirect without a body, and a 200 at its end would count as delivered.
 */
export function registerSegment(intake: App, deps: EventRouteDeps): void {
  for (const [name, call] of Object.entries(CALLS)) {
    const url = `/v1/${name}`;
    intake.route({
      method: "POST",
      url,
      bodyLimit: MAX_BODY_BYTES,
      config: { permission: "public", idempotent: false },
      schema: EVENTS_SCHEMA,
      handler: (request, to) => reply(to, take(deps, call, request, request.body)),
    });
    registerPreflight(intake, url, "POST");
  }
  intake.route({
    method: "POST",
    url: "/v1/validate",
    bodyLimit: MAX_BODY_BYTES,
    config: { permission: "public", idempotent: false },
    schema: VALIDATE_SCHEMA,
    handler: (request, to) => reply(to, validate(deps, request)),
  });
  registerPreflight(intake, "/v1/validate", "POST");
}

/** Takes the events of one call. @throws Problem for what cannot be taken */
export async function take(
  deps: EventRouteDeps,
  call: MessageType | "batch",
  sent: Sent,
  body: unknown,
): Promise<Answer<string>> {
  const json = parseJson(await readBytes(body, sent.headers["content-encoding"]));
  const caller = await findCaller(deps, readKey(sent, json));
  return converse(deps, caller, sent, (receipt) => readCall(json, call, receipt), ANSWER);
}

function readCall(json: unknown, call: MessageType | "batch", receipt: Receipt): ReadBody {
  const read = readBody(json, call, receipt);
  if (!read.ok) throw unreadableBody(read.error);
  return read.value;
}

async function validate(deps: EventRouteDeps, request: Request): Promise<Answer<string>> {
  const json = parseJson(await readBytes(request.body, request.headers["content-encoding"]));
  const caller = await findCaller(deps, readKey(request, json));
  const receipt = await receiptOf(deps, caller, request);
  return judgeOnly(deps, receipt, readCall(json, callOf(json), receipt));
}

/** One message names its own call; anything else is a batch, and says so if it is none. */
function callOf(json: unknown): MessageType | "batch" {
  const type: unknown =
    typeof json === "object" && json !== null ? Reflect.get(json, "type") : null;
  return MESSAGE_TYPES.find((known) => known === type) ?? "batch";
}
