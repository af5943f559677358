import { commandContext, identityOf, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import { EnvironmentKey } from "../api.ts";
import type { PublishedSet } from "../domain/index.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { namesTag } from "./entity-tag.ts";
import { documentOf } from "./flag-document.ts";
import { mustHaveEnvironment } from "./route-guards.ts";

const GZIP = /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i;
/** Smaller documents would gain nothing. */
const COMPRESSED_FROM_CHARACTERS = 1_024;

async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  set: PublishedSet,
): Promise<FastifyReply> {
  const { text, tag, compressed } = documentOf(set);
  void reply.header("etag", tag).header("cache-control", "no-cache");
  void reply.header("vary", "Accept-Encoding, Authorization, X-API-Key");
  if (namesTag(request.headers["if-none-match"], tag)) return reply.status(304).send();
  void reply.header("content-type", "application/json; charset=utf-8");
  const accepts = GZIP.test(String(request.headers["accept-encoding"] ?? ""));
  if (!accepts || text.length < COMPRESSED_FROM_CHARACTERS) return reply.send(text);
  // Other bytes under the same strong tag would be wrong.
  void reply.header("etag", `W/${tag}`).header("content-encoding", "gzip");
  return reply.send(await compressed());
}

/** Registers the flagd documents, for people and for keys. */
export function registerDocumentRoutes(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flag-sets/:environment",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "The flags in force as a flagd document, with an ETag",
        params: Type.Object({ environment: EnvironmentKey }),
      },
    },
    async (request, reply) => {
      const { workspaceId } = commandContext(request);
      const { environment } = request.params;
      await mustHaveEnvironment(deps, workspaceId, environment);
      return sendDocument(request, reply, deps.flagSets.get(workspaceId, environment));
    },
  );
  registerKeyDocument(app, deps);
}

/** The document of a key's environment: flagd's HTTP synchronization, and what a CDN fetches. */
export function registerKeyDocument(app: App, deps: Pick<FlagRouteDependencies, "flagSets">): void {
  app.get(
    "/flagd/v1/flags.json",
    {
      config: { permission: { scope: "evaluate" } },
      schema: { summary: "The flagd document of the environment that the key is bound to" },
    },
    async (request, reply) => {
      const { workspaceId, environment } = identityOf(request);
      if (environment === null) throw notFound("environment");
      return sendDocument(request, reply, deps.flagSets.get(workspaceId, environment));
    },
  );
}
