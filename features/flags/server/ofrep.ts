import { identityOf, Problem } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

import { addCrossOrigin } from "./cross-origin.ts";
import type { CrossOrigin } from "./cross-origin.ts";
import type { ServingDependencies } from "./dependencies.ts";
import { answerBulk, answerSingle, refusal, revisionIn } from "./ofrep-answers.ts";
import type { OfrepAnswer, OfrepDependencies } from "./ofrep-answers.ts";
import { registerOfrepDirect } from "./ofrep-direct.ts";
import { registerOfrepStream } from "./ofrep-stream.ts";
import type { OfrepStreams } from "./ofrep-stream.ts";
import { EXPOSED_HEADERS, JSON_TYPE, readJson } from "./ofrep-wire.ts";
import { createRateLimit } from "./rate-limit.ts";

function send(reply: FastifyReply, answer: OfrepAnswer): FastifyReply {
  const { status, text, etag, retryAfterS } = answer;
  void reply.status(status);
  if (etag !== undefined) void reply.header("etag", etag);
  if (retryAfterS !== undefined) void reply.header("retry-after", `${retryAfterS}`);
  if (status === 304) return reply.send();
  return reply.header("content-type", JSON_TYPE).send(text);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
  const answer = refusal(
    400,
    "PARSE_ERROR",
    error.message,
    typeof key === "string" ? key : undefined,
  );
  return send(reply, answer);
}

const CROSS_ORIGIN: CrossOrigin = {
  paths: ["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/:key"],
  methods: "POST, OPTIONS",
  headers: "Authorization, Content-Type, If-None-Match, X-API-Key",
  exposed: EXPOSED_HEADERS,
};

function addRoutes(app: App, deps: OfrepDependencies): void {
  const config = { permission: { scope: "browser" }, idempotent: false } as const;
  app.post<{ Params: { key: string } }>(
    "/ofrep/v1/evaluate/flags/:key",
    { config, schema: { hide: true } },
    async (request, reply) => {
      const { key } = request.params;
      return send(reply, await answerSingle(deps, identityOf(request), key, request.body));
    },
  );
  app.post("/ofrep/v1/evaluate/flags", { config, schema: { hide: true } }, async (request, reply) =>
    send(
      reply,
      await answerBulk(deps, identityOf(request), request.body, {
        ifNoneMatch: request.headers["if-none-match"],
        revision: revisionIn(request.url),
      }),
    ),
  );
}

/** Registers the OpenFeature Remote Evaluation Protocol 0.3 below `/ofrep/v1`. */
export function registerOfrep(app: App, deps: ServingDependencies): OfrepStreams {
  const limit = createRateLimit(deps.maxEvaluationsPerSecond, deps.monotonicMs);
  const limited = { ...deps, limit };
  void app.register(async (scope: App) => {
    scope.setErrorHandler(answerUnreadable);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "application/json",
      { parseAs: "string" },
      (_request, text, done) => {
        const body = readJson(String(text));
        if (body.ok) done(null, body.value);
        else done(Object.assign(new Error(body.error.reason), { statusCode: 400 }));
      },
    );
    addCrossOrigin(scope, CROSS_ORIGIN);
    addRoutes(scope, limited);
  });
  registerOfrepDirect(app, limited);
  return registerOfrepStream(app, deps);
}
