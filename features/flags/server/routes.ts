import type { CommandContext } from "@paceline/command";
import {
  commandContext,
  cursorPage,
  etag,
  ifMatch,
  notFound,
  pageLimit,
  PageQuery,
  readCursor,
} from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";

import {
  CreateFlagBody,
  EditFlagBody,
  EnvironmentKey,
  EvaluateBody,
  ExplanationSchema,
  FlagDetailSchema,
  FlagKey,
  FlagKindSchema,
  FlagListSchema,
  LifecycleSchema,
  PublicationSchema,
  TagSchema,
} from "../api.ts";
import type { FlagDetail } from "../api.ts";
import { explainFlag } from "../domain/index.ts";
import { archiveFlag } from "./commands/archive-flag.ts";
import { createFlag } from "./commands/create-flag.ts";
import type { NewFlag } from "./commands/create-flag.ts";
import { editFlag } from "./commands/edit-flag.ts";
import { moveLifecycle } from "./commands/set-lifecycle.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { registerDocumentRoutes } from "./document-routes.ts";
import { explanationView } from "./explanation-view.ts";
import { countHidden, listFlags } from "./flag-list.ts";
import type { ListPlace } from "./flag-list.ts";
import { registerHoldoutRoutes } from "./holdouts/routes.ts";
import { registerLayerRoutes } from "./layers/routes.ts";
import { registerOfrep } from "./ofrep.ts";
import { registerPreview } from "./preview.ts";
import { unwrap } from "./problems.ts";
import { registerPublicationRoutes } from "./publication-routes.ts";
import { registerReach } from "./reach.ts";
import { registerReceiptRoutes } from "./receipt-routes.ts";
import { inForce, mustHaveEnvironment } from "./route-guards.ts";
import { registerSdkRoutes } from "./sdk-routes.ts";
import { registerTimeTravel } from "./time-travel.ts";
import { registerToolRoutes } from "./tool-routes.ts";
import { readDetail } from "./views.ts";

const KeyParams = Type.Object({ key: FlagKey });

/** The last flag of the page before; null for the first page. */
function placeOf(cursor: readonly string[] | null): ListPlace | null {
  const [created = "", key] = cursor ?? [];
  const createdAt = new Date(created);
  return key === undefined || Number.isNaN(createdAt.getTime()) ? null : { key, createdAt };
}

function addList(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags",
    {
      config: { permission: "flag.read" },
      schema: {
        summary:
          "Flags that fit, in order; those that the product made for itself only if asked for",
        querystring: Type.Object({
          ...PageQuery.properties,
          text: Type.Optional(Type.String({ maxLength: 200 })),
          kind: Type.Optional(FlagKindSchema),
          initiativeId: Type.Optional(Type.String({ format: "uuid" })),
          owner: Type.Optional(Type.String({ maxLength: 100 })),
          tag: Type.Optional(TagSchema),
          lifecycle: Type.Optional(LifecycleSchema),
          environment: Type.Optional(EnvironmentKey),
          archived: Type.Optional(Type.Boolean()),
          internal: Type.Optional(
            Type.Boolean({
              description:
                "also those that the product made: shadows of rehearsals, flags of holdouts, the parity probe",
            }),
          ),
          sort: Type.Optional(
            Type.Union([
              Type.Literal("key"),
              Type.Literal("-key"),
              Type.Literal("created"),
              Type.Literal("-created"),
            ]),
          ),
        }),
        response: { 200: FlagListSchema },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const query = request.query;
      const limit = pageLimit(query.limit);
      const filters = {
        text: query.text ?? null,
        kind: query.kind ?? null,
        initiativeId: query.initiativeId ?? null,
        owner: query.owner ?? null,
        tag: query.tag ?? null,
        lifecycle: query.lifecycle ?? null,
        environment: query.environment ?? null,
        archived: query.archived ?? query.lifecycle === "archived",
        internal: query.internal ?? false,
      };
      const sort = query.sort ?? "key";
      const after = placeOf(readCursor(query.cursor, 2));
      const rows = await listFlags(deps.db, workspaceId, filters, sort, after, limit + 1);
      const page = cursorPage(rows, limit, ({ createdAt, key }) => [createdAt, key]);
      return { ...page, hidden: await countHidden(deps.db, workspaceId, filters) };
    },
  );
}

function addDetail(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags/:key",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "A flag with its draft and what is in force, for each environment",
        params: KeyParams,
        response: { 200: FlagDetailSchema },
      },
    },
    async (request, reply) => {
      const { workspaceId } = commandContext(request);
      const detail = await readDetail(deps.db, workspaceId, request.params.key, deps.door.findLock);
      if (detail === null) throw notFound("flag");
      etag(reply, detail.version);
      return detail;
    },
  );
}

async function answer(
  deps: FlagRouteDependencies,
  ctx: CommandContext,
  key: string,
  reply: FastifyReply,
): Promise<FlagDetail> {
  const detail = await readDetail(deps.db, ctx.workspaceId, key, deps.door.findLock);
  if (detail === null) throw notFound("flag");
  etag(reply, detail.version);
  return detail;
}

function addDefinition(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags",
    {
      config: { permission: "flag.edit" },
      schema: {
        summary: "Make a flag; it serves nothing before it is published in an environment",
        body: CreateFlagBody,
        response: { 201: FlagDetailSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const flag: NewFlag = {
        description: "",
        owner: ctx.actor.kind === "person" ? ctx.actor.id : null,
        kind: "release",
        initiativeId: null,
        expiresAt: null,
        ...request.body,
      };
      unwrap(await createFlag(ctx, flag));
      void reply.status(201).header("location", `/api/v1/flags/${flag.key}`);
      return answer(deps, ctx, flag.key, reply);
    },
  );
  app.patch(
    "/api/v1/flags/:key",
    {
      config: { permission: "flag.edit" },
      schema: {
        summary: "Change what a flag says about itself; `If-Match` guards it",
        params: KeyParams,
        body: EditFlagBody,
        response: { 200: FlagDetailSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { key } = request.params;
      unwrap(await editFlag(ctx, { key, version: ifMatch(request), change: request.body }));
      return answer(deps, ctx, key, reply);
    },
  );
}

function addLife(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/lifecycle",
    {
      config: { permission: "flag.edit" },
      schema: {
        summary: "Say that a flag has come to its end, that its code may go, or that it lives on",
        params: KeyParams,
        body: Type.Object(
          {
            lifecycle: Type.Union([
              Type.Literal("live"),
              Type.Literal("concluded"),
              Type.Literal("clean-up"),
            ]),
          },
          { additionalProperties: false },
        ),
        response: { 200: FlagDetailSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { key } = request.params;
      unwrap(await moveLifecycle(ctx, { key, lifecycle: request.body.lifecycle }));
      return answer(deps, ctx, key, reply);
    },
  );
  app.post(
    "/api/v1/flags/:key/archive",
    {
      config: { permission: "flag.publish" },
      schema: {
        summary: "Take a flag out of every environment, for good; its history stays",
        params: KeyParams,
        response: { 200: Type.Array(PublicationSchema) },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const publications = unwrap(await archiveFlag(deps.door, ctx, request.params.key));
      return Promise.all(publications.map(async (publication) => inForce(deps, ctx, publication)));
    },
  );
}

function addEvaluation(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/evaluate",
    {
      config: { permission: "flag.read", idempotent: false },
      schema: {
        summary: "Evaluate a flag and say why; nobody is counted as exposed",
        params: KeyParams,
        body: EvaluateBody,
        response: { 200: ExplanationSchema },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { environment, context } = request.body;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const set = deps.flagSets.get(workspaceId, environment);
      const at = await deps.environmentNow(workspaceId, environment);
      const { key } = request.params;
      const kept = await deps.assignments.keptFor(set, key, context);
      const explained = explainFlag(set, key, kept, at.getTime());
      return explanationView(explained, set.revision);
    },
  );
}

/**
 * Registers `/api/v1/flags`, the flagd documents and OFREP.
 *
 * @returns how many event streams of OFREP are open
 */
export function registerRoutes(
  app: App,
  deps: FlagRouteDependencies,
): { readonly eventStreams: () => number } {
  addList(app, deps);
  addDetail(app, deps);
  addDefinition(app, deps);
  addLife(app, deps);
  addEvaluation(app, deps);
  registerTimeTravel(app, deps);
  registerReach(app, deps);
  registerPublicationRoutes(app, deps);
  registerPreview(app, deps);
  registerLayerRoutes(app, deps);
  registerHoldoutRoutes(app, deps);
  registerDocumentRoutes(app, deps);
  registerToolRoutes(app, deps);
  registerSdkRoutes(app, deps);
  registerReceiptRoutes(app, deps);
  const streams = registerOfrep(app, deps);
  return { eventStreams: () => streams.size() };
}
