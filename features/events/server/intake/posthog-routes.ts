import type { App } from "@paceline/http";
import type { FastifyReply, FastifySchema } from "fastify";

import { IntakeAnswer } from "../../api.ts";
import { posthogKey, readPosthog } from "../../domain/index.ts";
import type { ReadBody, Receipt } from "../../domain/index.ts";
import type { EvaluatedFlag, EventRouteDeps } from "../dependencies.ts";
import { answerOf } from "./answers.ts";
import { MAX_BODY_BYTES, parseJson, readBytes, unreadableBody } from "./body.ts";
import { findCaller, NEEDS_WRITE_KEY, readKey } from "./caller.ts";
import type { Request } from "./caller.ts";
import { converse, JSON_TYPE, registerPreflight, reply } from "./plugin.ts";
import type { Answer, Answering } from "./plugin.ts";

/** `/i/v0/e/` and `/e/` are what the browser library sends to; each also with a trailing slash. */
const CAPTURE_PATHS = ["/batch", "/capture", "/i/v0/e", "/e"] as const;
const FLAG_PATHS = ["/flags", "/decide"] as const;

const SCHEMA: FastifySchema = {
  tags: ["events"],
  summary: "Take events as PostHog's clients send them; 200 when they are on the disk",
  description: NEEDS_WRITE_KEY,
  response: { 200: IntakeAnswer },
};

const ANSWER: Answering<string> = {
  answer: (taken) => JSON.stringify({ status: "Ok", ...answerOf(taken) }),
  contentType: JSON_TYPE,
};

/** PostHog's HTTP interface for events and flags. */
export function registerPosthog(intake: App, deps: EventRouteDeps): void {
  const shared = { method: "POST", bodyLimit: MAX_BODY_BYTES } as const;
  for (const url of CAPTURE_PATHS) {
    intake.route({
      ...shared,
      url,
      config: { permission: "public", idempotent: false },
      schema: SCHEMA,
      handler: (request, to) => reply(to, capture(deps, request)),
    });
    registerPreflight(intake, url, "POST");
  }
  for (const url of FLAG_PATHS) {
    intake.route({
      ...shared,
      url,
      config: { permission: "public", idempotent: false },
      schema: { hide: true },
      handler: (request, to) => answerFlags(deps, request, to),
    });
    registerPreflight(intake, url, "POST");
  }
}

async function capture(deps: EventRouteDeps, request: Request): Promise<Answer<string>> {
  const json = await readPosthogJson(request);
  const key = readKey(request, json) ?? posthogKey(json);
  const caller = await findCaller(deps, key);
  return converse(deps, caller, request, (receipt) => readBatch(json, receipt), ANSWER);
}

function readBatch(json: unknown, receipt: Receipt): ReadBody {
  const read = readPosthog(json, receipt);
  if (!read.ok) throw unreadableBody(read.error);
  return read.value;
}

/** Enough for the name of a form's first field. */
const FORM_START_LENGTH = 32;

/**
 * The browser library may send its JSON in base64, as the field `data` of a form or, told so by the
 * query, as the whole body.
 */
async function readPosthogJson(request: Request): Promise<unknown> {
  const bytes = await readBytes(request.body, request.headers["content-encoding"]);
  const start = bytes.subarray(0, FORM_START_LENGTH).toString("latin1");
  const isForm = /^\w+=[^=]/.test(start);
  const isBase64 = fieldsOf(request.query)["compression"] === "base64" && !/^\s*[[{]/.test(start);
  if (!isForm && !isBase64) return parseJson(bytes);
  const whole = bytes.toString("utf8");
  const text = isForm ? (new URLSearchParams(whole).get("data") ?? "") : whole;
  if (/^\s*[[{]/.test(text)) return parseJson(text);
  // A plus that the client did not escape has become a blank.
  const decoded = Buffer.from(text.trim().replaceAll(" ", "+"), "base64");
  return parseJson(await readBytes(decoded, undefined));
}

/**
 * The flags of one person. A key that may only write learns nothing: it gets an answer without
 * flags, with which the client works on.
 */
async function answerFlags(
  deps: EventRouteDeps,
  request: Request,
  reply: FastifyReply,
): Promise<string> {
  const json = await readPosthogJson(request);
  const key = readKey(request, json) ?? posthogKey(json) ?? "";
  await findCaller(deps, key);
  const { distinct_id: distinctId, person_properties: traits, groups } = fieldsOf(json);
  const context = { ...fieldsOf(traits), groups: fieldsOf(groups), targetingKey: distinctId };
  const flags = (await deps.evaluateFlags?.(key, context)) ?? [];
  const answered = flags.filter(({ variant }) => variant !== null);
  const failed = answered.length < flags.length;
  void reply.header("content-type", JSON_TYPE);
  const isSecond = fieldsOf(request.query)["v"] === "2";
  return JSON.stringify({
    ...(isSecond ? secondAnswer(answered) : firstAnswer(answered)),
    errorsWhileComputingFlags: failed,
    requestId: request.id,
    supportedCompression: ["gzip", "gzip-js", "base64"],
    sessionRecording: false,
  });
}

function secondAnswer(flags: readonly EvaluatedFlag[]): object {
  const entries = flags.map((flag) => [
    flag.key,
    {
      key: flag.key,
      enabled: isEnabled(flag),
      variant: variantOf(flag),
      reason: { code: flag.reason.toLowerCase(), description: flag.reason, condition_index: null },
      metadata: { id: 0, version: flag.revision, payload: payloadOf(flag), description: null },
    },
  ]);
  return { flags: Object.fromEntries(entries) };
}

function firstAnswer(flags: readonly EvaluatedFlag[]): object {
  const values = flags.map((flag) => [flag.key, variantOf(flag) ?? isEnabled(flag)]);
  const payloads = flags.flatMap((flag) => {
    const payload = payloadOf(flag);
    return payload === undefined ? [] : [[flag.key, payload]];
  });
  return {
    featureFlags: Object.fromEntries(values),
    featureFlagPayloads: Object.fromEntries(payloads),
  };
}

/** PostHog's clients take a flag with a variant as on, whatever the variant is called. */
function variantOf({ value, variant }: EvaluatedFlag): string | undefined {
  return typeof value === "boolean" ? undefined : (variant ?? undefined);
}

function isEnabled({ value }: EvaluatedFlag): boolean {
  return value !== false;
}

function payloadOf({ value }: EvaluatedFlag): string | undefined {
  return typeof value === "boolean" ? undefined : JSON.stringify(value);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}
