import { problem } from "@paceline/http";
import type { App, Authenticate } from "@paceline/http";

import { IntakeAnswer } from "../api.ts";
import { readBody } from "../domain/index.ts";
import type { MessageType, ReadBody } from "../domain/index.ts";
import type { EventRouteDeps, IntakeCaller } from "./dependencies.ts";
import type { AppendOutcome, AppendRefusal } from "./event-store.ts";
import { MAX_BODY_BYTES, readJson, readKey } from "./intake-body.ts";

type Request = Parameters<Authenticate>[0];

/** Long and short names of Segment's calls; `import` is a batch of history. */
const CALLS: Readonly<Record<string, MessageType | "batch">> = {
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

/** Enough to see a pattern; more would make the answer larger than the batch. */
const SHOWN_FAULTS = 20;
const PREFLIGHT_SECONDS = "86400";

/**
 * Segment's HTTP interface. Content type parsers are this plugin's own, so the rest of the product
 * keeps its strict ones. The paths never redirect: Segment's client follows a redirect without a body.
 */
export function registerIntakeRoutes(app: App, deps: EventRouteDeps): void {
  app.register(async (intake) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    intake.addHook("onRequest", async (_request, reply) => {
      void reply.header("access-control-allow-origin", "*");
      void reply.header("access-control-expose-headers", "retry-after");
    });
    for (const [name, call] of Object.entries(CALLS)) {
      intake.route({
        method: "POST",
        url: `/v1/${name}`,
        bodyLimit: MAX_BODY_BYTES,
        config: { permission: "public", idempotent: false },
        schema: { tags: ["events"], response: { 200: IntakeAnswer } },
        handler: (request) => takeEvents(deps, call, request),
      });
      intake.route({
        method: "OPTIONS",
        url: `/v1/${name}`,
        config: { permission: "public" },
        schema: { hide: true },
        handler: async (_request, reply) => {
          await reply
            .code(204)
            .header("access-control-allow-methods", "POST")
            .header("access-control-allow-headers", "authorization, content-type, x-retry-count")
            .header("access-control-max-age", PREFLIGHT_SECONDS)
            .send();
        },
      });
    }
  });
}

async function takeEvents(
  deps: EventRouteDeps,
  call: MessageType | "batch",
  request: Request,
): Promise<IntakeAnswer> {
  const json = await readJson(request.body, request.headers["content-encoding"]);
  const caller = await findCaller(deps, readKey(request.headers.authorization, json));
  const environment = caller.environment ?? namedEnvironment(request);
  const time = await deps.findEnvironmentTime(caller.workspaceId, environment);
  if (time === null) throw noEnvironment(environment);
  const read = readBody(json, call, {
    workspace: caller.workspaceId,
    environment,
    source: caller.sourceId,
    receivedAt: time.now.getTime(),
    replay: time.replay,
    newMessageId: deps.newId,
  });
  if (!read.ok) {
    throw problem({
      name: "unreadable-events",
      title: "The body is not readable",
      status: 400,
      detail: `Nothing was stored: ${read.error.reason}.`,
    });
  }
  const appended = await deps.store.append(read.value.events);
  if (!appended.ok) {
    deps.observer?.refused("segment", appended.error.kind);
    throw refused(appended.error);
  }
  const answer = answerOf(read.value, appended.value);
  deps.observer?.intake("segment", {
    accepted: answer.accepted,
    duplicate: answer.duplicates,
    bad: answer.invalid,
    suppressed: 0,
    oversize: answer.oversize,
  });
  return answer;
}

async function findCaller(deps: EventRouteDeps, key: string | null): Promise<IntakeCaller> {
  const caller = key === null ? null : await deps.findCaller(key);
  if (caller !== null) return caller;
  throw problem({
    name: "unknown-write-key",
    title: "The write key is not known",
    status: 401,
    detail:
      "Send a key with the scope `intake` as the user name of Basic, as a bearer token, or as `writeKey` in the body. Nothing was stored.",
  });
}

/** Keys of a whole workspace name the environment in the query, as `paceline import` does. */
function namedEnvironment(request: Request): string {
  const { query } = request;
  if (typeof query === "object" && query !== null && "environment" in query) {
    if (typeof query.environment === "string") return query.environment;
  }
  return "production";
}

function noEnvironment(environment: string): Error {
  return problem({
    name: "unknown-environment",
    title: "There is no such environment",
    status: 403,
    detail: `The workspace has no environment ${environment}. Nothing was stored.`,
  });
}

function refused(refusal: AppendRefusal): Error {
  if (refusal.kind === "backpressure") {
    return problem({
      name: "events-backpressure",
      title: "Too many events wait",
      status: 429,
      detail: "Events arrive faster than they are stored. Nothing was taken; send it again.",
      headers: { "retry-after": String(refusal.retryAfterSeconds) },
    });
  }
  return problem({
    name: "events-unavailable",
    title: "Events cannot be stored now",
    status: 503,
    detail: "The disk does not take the events. Nothing was acknowledged; send it again.",
    headers: { "retry-after": "1" },
  });
}

function answerOf(read: ReadBody, outcomes: readonly AppendOutcome[]): IntakeAnswer {
  const duplicates = outcomes.filter((outcome) => outcome === "duplicate").length;
  const oversize = read.faults.filter((fault) => fault.kind === "oversize").length;
  return {
    success: true,
    accepted: outcomes.length - duplicates,
    duplicates,
    invalid: read.faults.length - oversize,
    oversize,
    faults: read.faults.slice(0, SHOWN_FAULTS),
  };
}
