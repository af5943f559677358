import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { createServer as createSecureServer } from "node:https";

import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Clock } from "@paceline/command";
import type { Db } from "@paceline/db";
import type { Tracing } from "@paceline/telemetry";
import fastify, { LogController } from "fastify";
import type { FastifyBaseLogger } from "fastify";
import { Registry } from "prom-client";

import { checkAccess, isRouteAccess } from "./access.ts";
import type { Authenticate, RouteAccess } from "./access.ts";
import type { App } from "./app-type.ts";
import { COMMON_HEADERS, DirectRouting } from "./direct.ts";
import type { DirectAnswers, DirectOptions } from "./direct.ts";
import { describeRoute, finishDocument, SECURITY_SCHEMES } from "./document.ts";
import { addDraining } from "./drain.ts";
import { answerError } from "./errors.ts";
import { WatchedStreams } from "./event-streams.ts";
import type { EventStreams } from "./event-streams.ts";
import { addHealth } from "./health.ts";
import type { HealthChecks } from "./health.ts";
import { claimIdempotencyKey, markActs, storeIdempotentAnswer } from "./idempotency.ts";
import { createMetrics } from "./metrics.ts";
import type { MetricsAccess } from "./metrics.ts";
import { newIds } from "./new-ids.ts";
import { methodsAt } from "./other-methods.ts";
import { ProblemSchema, problem } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { createSchemaCompilers } from "./schema-compilers.ts";
import { createSseHub } from "./sse.ts";
import type { SseHub } from "./sse.ts";
import { registerStream } from "./stream.ts";
import { addTracing } from "./tracing.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Answers that go before the routes. */
    direct: DirectAnswers;
    /** Opens server-sent events, and ends them once their caller may not read them. */
    eventStreams: EventStreams;
    /** The API as an OpenAPI document, once every route is registered. */
    reference(): Readonly<Record<string, unknown>>;
    /** Compiles the schemas that no request has needed yet; throws for one that cannot be compiled. */
    compileSchemas(): void;
  }
}

const BODY_LIMIT_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** Of a body over a slow network: a few round trips. */
const GATHER_MS = 1_000;

/** What an application is made of. */
export interface AppOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly authenticate: Authenticate;
  /** Pino logger; absent in tests. */
  readonly logger?: FastifyBaseLogger;
  /** Whether the dependencies answer; used by /health/ready. */
  readonly checks?: HealthChecks;
  /** Where the figures of `/metrics` are kept; one of its own unless said otherwise. */
  readonly registry?: Registry;
  /** Who reads `/metrics` without a key; those on this machine unless said otherwise. */
  readonly metricsAccess?: MetricsAccess;
  /** Makes a span of each request; null and by default none. */
  readonly tracing?: Tracing | null;
  /** Proxies whose forwarded address is believed, for example `127.0.0.1`; none by default. */
  readonly trustProxy?: string;
  /** How long a request may go on once the server closes; 5 s unless said otherwise. */
  readonly graceMs?: number;
  /** Between two looks at who reads the open streams; 15 s unless said otherwise. */
  readonly streamCheckMs?: number;
  /** A plain body that is not whole after so long is left to Node's server; 1 s unless said otherwise. */
  readonly gatherMs?: number;
  /** Which of the processes on this database this is; `node` unless said otherwise. */
  readonly node?: string;
  /** Whether another of them has ended; by default none ever has. */
  readonly isNodeGone?: (node: string) => Promise<boolean>;
  /** Certificate chain and private key, PEM; plain HTTP without. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Product version shown in the OpenAPI document. */
  readonly version?: string;
}

/** One registered route and who may call it. */
export interface RegisteredRoute {
  readonly method: string;
  /** with parameters as `:name` */
  readonly url: string;
  readonly access: RouteAccess;
}

/** What features get besides the app. */
export interface AppHandles {
  readonly app: App;
  readonly hub: SseHub;
  /** Every route, also those that OpenAPI hides; grows while features register theirs. */
  readonly routes: readonly RegisteredRoute[];
}

function addAccess(app: App, options: AppOptions, newId: () => string): readonly RegisteredRoute[] {
  const routes: RegisteredRoute[] = [];
  const nodes = {
    node: options.node ?? "node",
    isGone: options.isNodeGone ?? (async () => false),
  };
  app.decorateRequest("identity", null);
  app.decorateRequest("context", null);
  app.decorateRequest("idempotencyClaim", null);
  app.addHook("onRoute", (route) => {
    const access = route.config?.permission;
    if (!isRouteAccess(access)) {
      throw new Error(`${String(route.method)} ${route.url} names no permission`);
    }
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, access });
  });
  app.addHook("onRequest", async (request) => {
    const rule = request.routeOptions.config.permission ?? "public";
    if (request.is404) return;
    if (rule !== "public") request.identity = await options.authenticate(request);
    checkAccess(rule, request.identity);
    if (request.identity === null) return;
    request.context = {
      db: options.db,
      actor: request.identity.actor,
      workspaceId: request.identity.workspaceId,
      now: options.clock.now(),
      requestId: request.id,
      newId,
    };
  });
  app.addHook("preHandler", async (request, reply) => {
    if (await claimIdempotencyKey(options.db, request, reply, nodes)) return reply;
    markActs(request);
    return undefined;
  });
  app.addHook("onSend", async (request, reply, payload) => {
    await storeIdempotentAnswer(options.db, request, reply, payload);
    return payload;
  });
  return routes;
}

function addSecurityHeaders(app: App): void {
  app.addHook("onSend", async (request, reply) => {
    void reply.header("x-request-id", request.id);
    for (const [name, value] of Object.entries(COMMON_HEADERS)) {
      if (!reply.hasHeader(name)) void reply.header(name, value);
    }
  });
}

function answerNotFound(app: App, routes: readonly RegisteredRoute[]): void {
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    const methods = methodsAt(routes, path);
    const isElsewhere = methods.length > 0 && !methods.includes(request.method);
    answerError(
      isElsewhere
        ? methodNotAllowed(path, request.method, methods)
        : problem({
            name: "not-found",
            title: "Not found",
            status: 404,
            detail: `There is nothing at ${request.method} ${path}.`,
          }),
      request,
      reply,
    );
  });
}

function methodNotAllowed(path: string, method: string, methods: readonly string[]): Problem {
  const allowed = methods.join(", ");
  return problem({
    name: "method-not-allowed",
    title: "Method not allowed",
    status: 405,
    detail: `${path} is asked by ${allowed}, not by ${method}. Nothing was changed.`,
    headers: { allow: allowed },
  });
}

function addDocument(app: App): void {
  let document: Readonly<Record<string, unknown>> | null = null;
  app.decorate("reference", () => (document ??= finishDocument(app.swagger())));
  app.get(
    "/api/v1/openapi.json",
    { config: { permission: "public" }, schema: { hide: true } },
    async () => app.reference(),
  );
}

async function addOpenApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Paceline", version, license: { name: "Apache-2.0" } },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: describeRoute,
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === "string" ? $id : `def-${index}`,
    },
  });
}

/** A traced server answers by its routes only: they make the spans. */
function serverOf(routes: RequestListener, direct: DirectRouting, options: AppOptions): Server {
  const { tls, tracing } = options;
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  const handler = tracing == null ? direct.before(routes) : routes;
  if (tls !== undefined) return createSecureServer({ ...limits, ...tls }, handler);
  const server = createServer(limits, handler);
  if (tracing == null) direct.attach(server);
  return server;
}

/**
 * Builds the application without listening: access rules, problem details, idempotency keys, OpenAPI,
 * probes, metrics and the live stream. Features then register their routes.
 */
export async function createApp(options: AppOptions): Promise<AppHandles> {
  const newId = newIds(options.clock);
  let observe: DirectOptions["observe"] = () => undefined;
  const direct = new DirectRouting({
    newRequestId: newId,
    observe: (...seen) => observe(...seen),
    idleMs: KEEP_ALIVE_MS,
    gatherMs: options.gatherMs ?? GATHER_MS,
  });
  const schemas = createSchemaCompilers();
  const app: App = fastify({
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: options.trustProxy ?? false,
    genReqId: newId,
    routerOptions: { ignoreTrailingSlash: true },
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: "idle",
    // What the router itself cannot read, such as an address with a broken escape.
    frameworkErrors: answerError,
    schemaController: { compilersFactory: { buildSerializer: schemas.buildSerializer } },
    serverFactory: (routes) => serverOf(routes, direct, options),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(schemas.validator);
  app.decorate("compileSchemas", () => schemas.compileAll());
  app.setErrorHandler(answerError);
  const hub = createSseHub(newId().replaceAll("-", ""));
  await addOpenApi(app, options.version ?? "0.0.0");
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  // First, so that refusals are traced, too.
  if (options.tracing != null) addTracing(app, options.tracing);
  const routes = addAccess(app, options, newId);
  answerNotFound(app, routes);
  addSecurityHeaders(app);
  app.addSchema(ProblemSchema);
  addHealth(app, options.checks ?? {});
  addDocument(app);
  observe = createMetrics(app, {
    registry: options.registry ?? new Registry(),
    hub,
    access: options.metricsAccess ?? "local",
    authenticate: options.authenticate,
  });
  const streams = new WatchedStreams(options.authenticate, options.streamCheckMs);
  app.decorate("eventStreams", streams);
  registerStream(app, hub);
  app.decorate("direct", direct);
  app.addHook("preClose", async () => {
    direct.stop();
    streams.close();
    hub.close();
  });
  addDraining(app, direct, options.graceMs);
  return { app, hub, routes };
}
