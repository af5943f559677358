import { createHash } from "node:crypto";

import { commandContext, identityOf, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import { EnvironmentKey } from "../api.ts";
import type { PublishedSet } from "../domain/index.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { mustHaveEnvironment } from "./route-guards.ts";

/** The flagd document; its tag follows its text, so every process gives the same one. */
function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  set: PublishedSet,
): FastifyReply {
  const text = JSON.stringify(set.document);
  const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  void reply.header("etag", tag).header("cache-control", "no-cache");
  if (request.headers["if-none-match"]?.includes(tag) === true) return reply.status(304).send();
  return reply.header("content-type", "application/json; charset=utf-8").send(text);
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
