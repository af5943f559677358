import { type App, commandContext, notFound } from "@paceline/http";
import { Type } from "typebox";

import { CreateKey, CreatedKey, KeyList } from "../../api.ts";
import { createKey } from "../commands/create-key.ts";
import { revokeKey } from "../commands/revoke-key.ts";
import { accessProblem } from "../problems.ts";
import { viewKeys } from "../views.ts";

const TAGS = ["access"];

export function registerKeyRoutes(app: App): void {
  app.get(
    "/api/v1/keys",
    {
      config: { permission: "key.read" },
      schema: {
        tags: TAGS,
        summary: "API keys, without their secrets",
        response: { 200: KeyList },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return { items: await viewKeys(db, workspaceId) };
    },
  );
  app.post(
    "/api/v1/keys",
    {
      // The answer holds a secret, which must not be kept for a repeated request.
      config: { permission: "key.edit", idempotent: false },
      schema: {
        tags: TAGS,
        summary: "Create an API key; its secret is shown this once",
        body: CreateKey,
        response: { 201: CreatedKey },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { name, scopes, environment } = request.body;
      const result = await createKey(ctx, { name, scopes, environment: environment ?? null });
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      const [key] = await viewKeys(ctx.db, ctx.workspaceId, result.value.id);
      if (key === undefined) throw notFound("key");
      return reply.status(201).send({ key, secret: result.value.secret });
    },
  );
  app.delete(
    "/api/v1/keys/:id",
    {
      config: { permission: "key.edit" },
      schema: {
        tags: TAGS,
        summary: "Revoke a key",
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const result = await revokeKey(ctx, request.params.id);
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      return reply.status(204).send(null);
    },
  );
}
