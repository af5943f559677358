import {
  commandContext,
  cursorPage,
  etag,
  ifMatch,
  notFound,
  pageLimit,
  PageOf,
  PageQuery,
  readCursor,
} from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EnvironmentKey, FlagKey, PublicationSchema } from "../../api.ts";
import { sliceOf, TARGETING_KEY } from "../../domain/index.ts";
import {
  CreateHoldoutBody,
  EditHoldoutBody,
  HoldoutDetailSchema,
  HoldoutKey,
  HoldoutStateSchema,
  HoldoutSummarySchema,
} from "../../holdout-api.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { unwrap } from "../problems.ts";
import { inForce, mustHaveEnvironment } from "../route-guards.ts";
import { attachToHoldout } from "./commands/attach-flag.ts";
import { createHoldout } from "./commands/create-holdout.ts";
import { editHoldout } from "./commands/edit-holdout.ts";
import { moveHoldout } from "./commands/move-holdout.ts";
import { listHoldouts, readHoldout } from "./repository.ts";
import type { StoredHoldout } from "./repository.ts";
import { readCounts, readDetail, summaryOf } from "./views.ts";

const HoldoutParams = Type.Object({ key: HoldoutKey });

async function mustReadHoldout(
  deps: FlagRouteDependencies,
  workspaceId: string,
  key: string,
): Promise<StoredHoldout> {
  const holdout = await readHoldout(deps.db, workspaceId, key);
  if (holdout === null) throw notFound("holdout");
  return holdout;
}

function addReads(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/holdouts",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Holdouts by key",
        querystring: Type.Object({
          ...PageQuery.properties,
          environment: Type.Optional(EnvironmentKey),
          state: Type.Optional(HoldoutStateSchema),
        }),
        response: { 200: PageOf(HoldoutSummarySchema) },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { limit: wanted, cursor, environment = null, state = null } = request.query;
      const limit = pageLimit(wanted);
      const after = readCursor(cursor, 1)?.[0] ?? null;
      const filters = { environment, state };
      const rows = await listHoldouts(deps.db, workspaceId, filters, after, limit + 1);
      const counts = await readCounts(
        deps.db,
        rows.map(({ id }) => id),
      );
      const views = rows.map((row) => summaryOf(row, counts.get(row.id)));
      return cursorPage(views, limit, ({ key }) => [key]);
    },
  );
  app.get(
    "/api/v1/holdouts/:key",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "A holdout, with its windows and the flags in its scope",
        params: HoldoutParams,
        response: { 200: HoldoutDetailSchema },
      },
    },
    async (request, reply) => {
      const { workspaceId } = commandContext(request);
      const holdout = await mustReadHoldout(deps, workspaceId, request.params.key);
      etag(reply, holdout.version);
      return readDetail(deps.db, holdout);
    },
  );
}

function addSlice(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/holdouts/:key/slice",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "In which slice of a holdout a unit is",
        params: HoldoutParams,
        querystring: Type.Object({ unit: Type.String({ minLength: 1, maxLength: 500 }) }),
        response: {
          200: Type.Object({
            slice: Type.Union([
              Type.Literal("held-out"),
              Type.Literal("control"),
              Type.Literal("outside"),
            ]),
          }),
        },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const holdout = await mustReadHoldout(deps, workspaceId, request.params.key);
      return { slice: sliceOf(holdout, request.query.unit) };
    },
  );
}

function addDefinitions(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/holdouts",
    {
      config: { permission: "holdout.edit" },
      schema: {
        summary: "Hold units out of what is in scope from now on",
        body: CreateHoldoutBody,
        response: { 201: HoldoutDetailSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { environment } = request.body;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const made = {
        description: "",
        unit: TARGETING_KEY,
        measuringFrom: null,
        closesAt: null,
        ...request.body,
      };
      const holdout = unwrap(await createHoldout(deps.door, ctx, made));
      await deps.flagSets.refresh(ctx.workspaceId, environment).catch(deps.onError);
      etag(reply, holdout.version);
      void reply.status(201).header("location", `/api/v1/holdouts/${holdout.key}`);
      return readDetail(deps.db, holdout);
    },
  );
  app.patch(
    "/api/v1/holdouts/:key",
    {
      config: { permission: "holdout.edit" },
      schema: {
        summary: "Change a holdout's name, description or windows",
        params: HoldoutParams,
        body: EditHoldoutBody,
        response: { 200: HoldoutDetailSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const input = { key: request.params.key, version: ifMatch(request), change: request.body };
      const holdout = unwrap(await editHoldout(ctx, input));
      etag(reply, holdout.version);
      return readDetail(deps.db, holdout);
    },
  );
}

function addMoves(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/holdouts/:key/flags",
    {
      config: { permission: "holdout.edit" },
      schema: {
        summary: "Put a flag that is in force under a holdout; marks it biased where it has served",
        params: HoldoutParams,
        body: Type.Object({ flagKey: FlagKey }, { additionalProperties: false }),
        response: { 200: PublicationSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const input = { key: request.params.key, flagKey: request.body.flagKey };
      return inForce(deps, ctx, unwrap(await attachToHoldout(deps.door, ctx, input)));
    },
  );
  app.post(
    "/api/v1/holdouts/:key/move",
    {
      config: { permission: "holdout.edit" },
      schema: {
        summary:
          "Take a holdout on: `measuring` takes in no more flags, `closed` lets everybody in",
        params: HoldoutParams,
        body: Type.Object(
          { to: Type.Union([Type.Literal("measuring"), Type.Literal("closed")]) },
          { additionalProperties: false },
        ),
        response: { 200: HoldoutDetailSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const input = { key: request.params.key, to: request.body.to };
      const holdout = unwrap(await moveHoldout(deps.door, ctx, input));
      await deps.flagSets.refresh(ctx.workspaceId, holdout.environment).catch(deps.onError);
      etag(reply, holdout.version);
      return readDetail(deps.db, holdout);
    },
  );
}

/** Registers `/api/v1/holdouts`. */
export function registerHoldoutRoutes(app: App, deps: FlagRouteDependencies): void {
  addReads(app, deps);
  addSlice(app, deps);
  addDefinitions(app, deps);
  addMoves(app, deps);
}
