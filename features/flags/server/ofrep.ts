import type { EvaluationContext } from "@paceline/flag-eval";
import { identityOf, Problem } from "@paceline/http";
import type { App, Identity } from "@paceline/http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

import { serveAll } from "../domain/index.ts";
import type { PublishedSet } from "../domain/index.ts";
import { deliverFlag, fullContext, NOT_RECORDED_WORDS, tell } from "./deliver.ts";
import type { Answered, NotRecorded } from "./deliver.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { namesTag } from "./document-routes.ts";
import { tagOf } from "./flag-document.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { RateLimit } from "./rate-limit.ts";

/** Answers of one compiled flag are few and shared: their text is made once. */
const texts = new WeakMap<Answered, string>();

function bodyOf(evaluation: Answered): Record<string, unknown> {
  const { key, value, variant, reason, errorCode, errorMessage, metadata } = evaluation;
  if (errorCode !== undefined) return { key, errorCode, errorDetails: errorMessage, metadata };
  return { key, value, reason, variant, metadata };
}

function textOf(evaluation: Answered): string {
  const known = texts.get(evaluation);
  if (known !== undefined) return known;
  const text = JSON.stringify(bodyOf(evaluation));
  texts.set(evaluation, text);
  return text;
}

const JSON_TYPE = "application/json; charset=utf-8";

function refuse(
  reply: FastifyReply,
  status: number,
  errorCode: string,
  errorDetails: string,
  key?: string,
): FastifyReply {
  void reply.status(status).header("content-type", JSON_TYPE);
  return reply.send(
    JSON.stringify({ ...(key === undefined ? {} : { key }), errorCode, errorDetails }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The request's evaluation context, or what is wrong with it. */
function readContext(body: unknown): EvaluationContext | string {
  if (!isRecord(body)) return "the body must be an object with a `context`";
  const context = body["context"];
  if (!isRecord(context)) return "`context` must be an object";
  const key = context["targetingKey"];
  return key === undefined || key === null || typeof key === "string"
    ? context
    : "`targetingKey` must be a text";
}

/** OFREP answers its own way; what is not OFREP's (401, 403, bugs) goes to the outer handler. */
function answerUnreadable(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const status = error.statusCode ?? 500;
  if (error instanceof Problem || status < 400 || status >= 500) throw error;
  const { key } = isRecord(request.params) ? request.params : {};
  return refuse(
    reply,
    400,
    "PARSE_ERROR",
    error.message,
    typeof key === "string" ? key : undefined,
  );
}

function addCrossOrigin(app: App): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    void reply.header("access-control-allow-origin", "*");
    void reply.header("access-control-expose-headers", "ETag, Retry-After");
    done(null, payload);
  });
  for (const path of ["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/:key"]) {
    app.options(
      path,
      { config: { permission: "public" }, schema: { hide: true } },
      async (_request, reply) =>
        reply
          .status(204)
          .header("access-control-allow-methods", "POST, OPTIONS")
          .header(
            "access-control-allow-headers",
            "Authorization, Content-Type, If-None-Match, X-API-Key",
          )
          .header("access-control-max-age", "7200")
          .send(),
    );
  }
}

interface Caller {
  readonly identity: Identity;
  readonly reply: FastifyReply;
  readonly key?: string;
}

/** The set that the caller's key is bound to, or null after a refusal was sent. */
function boundSet(
  { identity, reply, key }: Caller,
  deps: FlagRouteDependencies,
  limit: RateLimit,
): PublishedSet | null {
  const { actor, workspaceId, environment } = identity;
  if (environment === null) {
    void refuse(reply, 403, "GENERAL", "use a key that is bound to an environment", key);
    return null;
  }
  const retryAfterS = limit.take(actor.kind === "service" ? actor.name : actor.id);
  if (retryAfterS > 0) {
    void reply.header("retry-after", `${retryAfterS}`);
    void refuse(reply, 429, "GENERAL", "this key evaluates too often", key);
    return null;
  }
  return deps.flagSets.get(workspaceId, environment);
}

/** A store that is full for a moment says when to come back, as OFREP has it. */
function refuseUnrecorded(
  reply: FastifyReply,
  { retryAfterS }: NotRecorded,
  key: string,
): FastifyReply {
  if (retryAfterS === null) return refuse(reply, 500, "GENERAL", NOT_RECORDED_WORDS, key);
  void reply.header("retry-after", `${retryAfterS}`);
  return refuse(reply, 429, "GENERAL", NOT_RECORDED_WORDS, key);
}

function addSingle(app: App, deps: FlagRouteDependencies, limit: RateLimit): void {
  app.post<{ Params: { key: string } }>(
    "/ofrep/v1/evaluate/flags/:key",
    { config: { permission: { scope: "browser" }, idempotent: false }, schema: { hide: true } },
    async (request, reply) => {
      const { key } = request.params;
      const set = boundSet({ identity: identityOf(request), reply, key }, deps, limit);
      if (set === null) return reply;
      const context = readContext(request.body);
      if (typeof context === "string") return refuse(reply, 400, "INVALID_CONTEXT", context, key);
      const at = await deps.environmentNow(set.workspaceId, set.environment);
      const delivered = await deliverFlag(deps, set, key, context, at);
      if (!delivered.ok) return refuseUnrecorded(reply, delivered.error, key);
      const evaluation = delivered.value;
      const { errorCode } = evaluation;
      void reply.status(errorCode === undefined ? 200 : errorCode === "FLAG_NOT_FOUND" ? 404 : 400);
      void reply.header("content-type", JSON_TYPE);
      return reply.send(textOf(evaluation));
    },
  );
}

function bulkText(set: PublishedSet, evaluations: readonly Answered[]): string {
  const metadata = JSON.stringify(set.document.metadata);
  return `{"flags":[${evaluations.map(textOf).join(",")}],"metadata":${metadata}}`;
}

function addBulk(app: App, deps: FlagRouteDependencies, limit: RateLimit): void {
  app.post(
    "/ofrep/v1/evaluate/flags",
    { config: { permission: { scope: "browser" }, idempotent: false }, schema: { hide: true } },
    async (request, reply) => {
      const set = boundSet({ identity: identityOf(request), reply }, deps, limit);
      if (set === null) return reply;
      const context = readContext(request.body);
      if (typeof context === "string") return refuse(reply, 400, "INVALID_CONTEXT", context);
      const at = await deps.environmentNow(set.workspaceId, set.environment);
      deps.contexts.offer(set.workspaceId, set.environment, context, at);
      const evaluations = serveAll(set, fullContext(deps, context), at.getTime());
      if (deps.onEvaluated !== undefined) for (const one of evaluations) tell(deps, one);
      const text = bulkText(set, evaluations);
      // Over the answer and not the revision: another context may well have another answer.
      const tag = tagOf(text);
      void reply.header("etag", tag);
      if (namesTag(request.headers["if-none-match"], tag)) return reply.status(304).send();
      return reply.header("content-type", JSON_TYPE).send(text);
    },
  );
}

/** Registers the OpenFeature Remote Evaluation Protocol 0.3 below `/ofrep/v1`. */
export function registerOfrep(app: App, deps: FlagRouteDependencies): void {
  const limit = createRateLimit(deps.maxEvaluationsPerSecond, deps.monotonicMs);
  void app.register(async (scope: App) => {
    scope.setErrorHandler(answerUnreadable);
    scope.removeContentTypeParser("text/plain");
    addCrossOrigin(scope);
    addSingle(scope, deps, limit);
    addBulk(scope, deps, limit);
  });
}
