import { type App, commandContext, etag, ifMatch, notFound, staleVersion } from "@paceline/http";
import { Type } from "typebox";

import {
  CreateEnvironment,
  EnvironmentList,
  EnvironmentView,
  MoveClock,
  RenameWorkspace,
  WorkspaceView,
} from "../../api.ts";
import { createEnvironment } from "../commands/create-environment.ts";
import { moveEnvironmentClock } from "../commands/move-environment-clock.ts";
import { renameWorkspace } from "../commands/rename-workspace.ts";
import type { AccessRouteDeps } from "../deps.ts";
import { accessProblem } from "../problems.ts";
import { listEnvironments } from "../repository.ts";
import { viewEnvironment, viewWorkspace } from "../views.ts";

const TAGS = ["access"];

export function registerWorkspaceRoutes(
  app: App,
  deps: Pick<AccessRouteDeps, "replayMoved">,
): void {
  app.get(
    "/api/v1/workspace",
    {
      config: { permission: "workspace.read" },
      schema: { tags: TAGS, summary: "The workspace", response: { 200: WorkspaceView } },
    },
    async (request, reply) => {
      const { db, workspaceId } = commandContext(request);
      const workspace = await viewWorkspace(db, workspaceId);
      if (workspace === null) throw notFound("workspace");
      etag(reply, workspace.version);
      return workspace;
    },
  );
  app.patch(
    "/api/v1/workspace",
    {
      config: { permission: "workspace.edit" },
      schema: {
        tags: TAGS,
        summary: "Rename the workspace",
        body: RenameWorkspace,
        response: { 200: WorkspaceView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const result = await renameWorkspace(ctx, request.body.name, ifMatch(request));
      const workspace = await viewWorkspace(ctx.db, ctx.workspaceId);
      if (workspace === null) throw notFound("workspace");
      if (!result.ok) throw staleVersion(workspace.version);
      etag(reply, workspace.version);
      return workspace;
    },
  );
  registerEnvironmentRoutes(app);
  registerReplayRoutes(app, deps);
}

function registerEnvironmentRoutes(app: App): void {
  app.get(
    "/api/v1/environments",
    {
      config: { permission: "environment.read" },
      schema: { tags: TAGS, summary: "Environments", response: { 200: EnvironmentList } },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return { items: (await listEnvironments(db, workspaceId)).map(viewEnvironment) };
    },
  );
}

function registerReplayRoutes(app: App, deps: Pick<AccessRouteDeps, "replayMoved">): void {
  app.post(
    "/api/v1/environments",
    {
      config: { permission: "environment.edit" },
      schema: {
        tags: TAGS,
        summary: "Create an environment",
        body: CreateEnvironment,
        response: { 201: EnvironmentView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { key, name, kind, startsAt } = request.body;
      const result = await createEnvironment(ctx, {
        key,
        name,
        kind,
        startsAt: startsAt === undefined ? null : new Date(startsAt),
      });
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      if (kind === "replay") await deps.replayMoved?.(ctx.workspaceId, key);
      return reply.status(201).send(viewEnvironment(result.value));
    },
  );
  app.post(
    "/api/v1/environments/:key/clock",
    {
      config: { permission: "environment.edit" },
      schema: {
        tags: TAGS,
        summary: "Move the clock of a replay environment forward",
        params: Type.Object({ key: Type.String({ maxLength: 40 }) }),
        body: MoveClock,
        response: { 200: EnvironmentView },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const result = await moveEnvironmentClock(ctx, request.params.key, new Date(request.body.to));
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      await deps.replayMoved?.(ctx.workspaceId, request.params.key);
      return viewEnvironment(result.value);
    },
  );
}
