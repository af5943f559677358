import { identityOf, problem, TOO_MANY_STREAMS } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Static } from "typebox";

import { PROBE_KEYS, probeFlag } from "../domain/index.ts";
import { assignedContext } from "./deliver.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { createRateLimit } from "./rate-limit.ts";
import { readEventId, setTag, StreamHub } from "./stream-hub.ts";
import type { StreamContent } from "./stream-hub.ts";

const RECONNECT_MS = 1_000;
const MAX_CONTEXT_BYTES = 64 * 1024;
const CONFIRM_MS = 2_000;

/** Pages of any origin open it: what counts is their key. */
const HEADERS = { "access-control-allow-origin": "*" };

/** What a client says of itself; shown to people, never believed. */
const ClientQuery = Type.Object({
  client: Type.String({ minLength: 1, maxLength: 100, description: "what the client is called" }),
  version: Type.Optional(Type.String({ maxLength: 100 })),
  instance: Type.Optional(Type.String({ maxLength: 100 })),
});

const ContextBody = Type.Object({ context: Type.Record(Type.String(), Type.Unknown()) });

export interface BoundCaller {
  readonly workspaceId: string;
  readonly environment: string;
  readonly name: string;
  readonly id: string;
}

/** The environment that the caller's key is bound to. @throws Problem 403 for a key of no environment */
export function boundCaller(request: FastifyRequest): BoundCaller {
  const { actor, workspaceId, environment } = identityOf(request);
  if (environment === null) {
    throw problem({
      name: "key-without-environment",
      title: "The key belongs to no environment",
      status: 403,
      detail: "Use a key that is bound to an environment: flags are different in each.",
    });
  }
  const id = actor.kind === "service" ? actor.name : actor.id;
  return { workspaceId, environment, name: actor.name, id };
}

/** @throws Problem 429 if the key calls too often */
export function createCallLimit(deps: FlagRouteDependencies): (caller: BoundCaller) => void {
  const limit = createRateLimit(deps.maxEvaluationsPerSecond, deps.monotonicMs);
  return ({ id }) => {
    const retryAfterS = limit.take(id);
    if (retryAfterS === 0) return;
    throw problem({
      name: "too-many-calls",
      title: "Too many calls",
      status: 429,
      detail: `This key calls too often. Come back in ${retryAfterS} s.`,
      headers: { "retry-after": `${retryAfterS}` },
    });
  };
}

async function isVoid(
  { flagSets }: FlagRouteDependencies,
  { workspaceId, environment }: BoundCaller,
  has: number | null,
): Promise<boolean> {
  // Who knows nothing yet cannot go back: nothing has to be looked up.
  if (has === null) return false;
  const set = await flagSets.catchUp(workspaceId, environment, has);
  if (set.revision >= has) return false;
  // Either the database does not answer, and the reader knows more than this node; or it has gone back.
  const late = new Promise<null>((resolve) => setTimeout(resolve, CONFIRM_MS, null).unref());
  const read = flagSets.refresh(workspaceId, environment).catch(() => null);
  const confirmed = await Promise.race([read, late]);
  return confirmed !== null && confirmed.revision < has;
}

interface Opening {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly about: Static<typeof ClientQuery>;
  readonly content: StreamContent;
}

async function openStream(
  deps: FlagRouteDependencies,
  hub: StreamHub,
  opening: Opening,
): Promise<void> {
  const { request, reply, about, content } = opening;
  const caller = boundCaller(request);
  if (hub.isFull) throw TOO_MANY_STREAMS;
  const header = request.headers["last-event-id"];
  const has = readEventId(typeof header === "string" ? header : undefined, setTag(caller));
  const isVoided = await isVoid(deps, caller, has);
  if (reply.raw.destroyed) return;
  const subscription = deps.subscribers.join({
    ...caller,
    protocol: "sdk",
    instance: about.instance ?? request.id,
    name: about.client,
    version: about.version ?? "",
  });
  const stream = request.server.eventStreams.open(request, reply, { headers: HEADERS });
  const hello = { stream: subscription.id, probe: { flag: probeFlag(), keys: PROBE_KEYS } };
  stream.write(`retry: ${RECONNECT_MS}\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n`);
  hub.add(stream, { ...caller, content, has, isVoid: isVoided, subscription });
}

async function valuesFor(
  deps: FlagRouteDependencies,
  { workspaceId, environment }: BoundCaller,
  context: Readonly<Record<string, unknown>>,
): Promise<StreamContent> {
  const at = await deps.environmentNow(workspaceId, environment);
  deps.contexts.offer(workspaceId, environment, context, at);
  const startedMs = deps.monotonicMs();
  const set = deps.flagSets.get(workspaceId, environment);
  return {
    kind: "values",
    context: await assignedContext(deps, set, null, context, at),
    nowMs: () => at.getTime() + (deps.monotonicMs() - startedMs),
  };
}

/** Registers the delta stream, for servers (rules) and for pages and apps (values of one context). */
export function registerStreamRoutes(app: App, deps: FlagRouteDependencies): void {
  const hub = new StreamHub(deps.flagSets, deps);
  const limit = createCallLimit(deps);
  app.addHook("preClose", async () => hub.close());
  app.get(
    "/flags/v1/stream",
    {
      config: { permission: { scope: "evaluate" } },
      schema: {
        summary:
          "Changes of the flags as server-sent events, with rules; resumes by `Last-Event-ID`",
        querystring: ClientQuery,
      },
    },
    async (request, reply) => {
      limit(boundCaller(request));
      const content = { kind: "rules" } as const;
      await openStream(deps, hub, { request, reply, about: request.query, content });
    },
  );
  app.post(
    "/flags/v1/stream",
    {
      bodyLimit: MAX_CONTEXT_BYTES,
      config: { permission: { scope: "browser" }, idempotent: false },
      schema: {
        summary: "Changes of what one context is served, as server-sent events; no rules",
        querystring: ClientQuery,
        body: ContextBody,
      },
    },
    async (request, reply) => {
      const caller = boundCaller(request);
      limit(caller);
      const content = await valuesFor(deps, caller, request.body.context);
      await openStream(deps, hub, { request, reply, about: request.query, content });
    },
  );
  app.post(
    "/flags/v1/values",
    {
      bodyLimit: MAX_CONTEXT_BYTES,
      config: { permission: { scope: "browser" }, idempotent: false },
      schema: {
        summary: "What one context is served now; exposes nobody",
        body: ContextBody,
      },
    },
    async (request) => {
      const caller = boundCaller(request);
      limit(caller);
      const set = deps.flagSets.get(caller.workspaceId, caller.environment);
      return hub.snapshot(set, await valuesFor(deps, caller, request.body.context));
    },
  );
}
