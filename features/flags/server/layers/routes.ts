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

import { EnvironmentKey } from "../../api.ts";
import { fillOf, PARTS, stretchesOf, TARGETING_KEY } from "../../domain/index.ts";
import type { Stretch } from "../../domain/index.ts";
import {
  CreateLayerBody,
  EditLayerBody,
  LayerKey,
  LayerMapSchema,
  LayerSchema,
  LedgerEntrySchema,
} from "../../layer-api.ts";
import type { LayerMap, LayerView, LedgerEntryView } from "../../layer-api.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { unwrap } from "../problems.ts";
import { mustHaveEnvironment } from "../route-guards.ts";
import { archiveLayer, restoreLayer } from "./archive-layer.ts";
import { createLayer, editLayer } from "./commands.ts";
import { listLedger, readStanding } from "./ledger.ts";
import type { LedgerEntry } from "./ledger.ts";
import { listLayers, readLayer } from "./repository.ts";
import type { StoredLayer } from "./repository.ts";

const CARRY_OVER_DAYS = 14;
const LayerParams = Type.Object({ key: LayerKey });
const PlaceParams = Type.Object({ key: LayerKey, environment: EnvironmentKey });

function viewOf(layer: StoredLayer): LayerView {
  const { id, key, name, description, unit, carryOverDays, version, createdAt, archivedAt } = layer;
  const members = { id, key, name, description, unit, carryOverDays, version };
  return {
    ...members,
    createdAt: createdAt.toISOString(),
    archivedAt: archivedAt?.toISOString() ?? null,
  };
}

function slotOf({ range: [from, to], last }: Stretch, now: Date): LayerMap["slots"][number] {
  const until = last?.quarantinedUntil ?? null;
  const state =
    last?.action === "taken" ? "held" : until !== null && until > now ? "quarantined" : "free";
  return {
    from,
    to,
    state,
    flagKey: last?.holder.flagKey ?? null,
    ruleId: last?.holder.ruleId ?? null,
    experimentId: last?.experimentId ?? null,
    since: last?.at.toISOString() ?? null,
    quarantinedUntil: until?.toISOString() ?? null,
  };
}

function entryView(entry: LedgerEntry): LedgerEntryView {
  const { position, action, range, holder, experimentId, revision, at, quarantinedUntil } = entry;
  return {
    position,
    action,
    ...holder,
    experimentId,
    revision,
    from: range[0],
    to: range[1],
    at: at.toISOString(),
    quarantinedUntil: quarantinedUntil?.toISOString() ?? null,
  };
}

async function mustReadLayer(
  deps: FlagRouteDependencies,
  workspaceId: string,
  key: string,
): Promise<StoredLayer> {
  const layer = await readLayer(deps.db, workspaceId, key);
  if (layer === null) throw notFound("layer");
  return layer;
}

function addReads(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/layers",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Layers by key",
        querystring: Type.Object({
          ...PageQuery.properties,
          archived: Type.Optional(
            Type.Boolean({ description: "only those that are archived; without, only the others" }),
          ),
        }),
        response: { 200: PageOf(LayerSchema) },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const limit = pageLimit(request.query.limit);
      const after = readCursor(request.query.cursor, 1)?.[0] ?? null;
      const { archived = false } = request.query;
      const rows = await listLayers(deps.db, workspaceId, archived, after, limit + 1);
      return cursorPage(rows.map(viewOf), limit, ({ key }) => [key]);
    },
  );
  app.get(
    "/api/v1/layers/:key",
    {
      config: { permission: "flag.read" },
      schema: { summary: "A layer", params: LayerParams, response: { 200: LayerSchema } },
    },
    async (request, reply) => {
      const { workspaceId } = commandContext(request);
      const layer = await mustReadLayer(deps, workspaceId, request.params.key);
      etag(reply, layer.version);
      return viewOf(layer);
    },
  );
}

function addDefinitions(app: App): void {
  app.post(
    "/api/v1/layers",
    {
      config: { permission: "layer.edit" },
      schema: {
        summary: "Make a layer; rules that claim slots of it never apply to the same unit",
        body: CreateLayerBody,
        response: { 201: LayerSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const made = {
        description: "",
        unit: TARGETING_KEY,
        carryOverDays: CARRY_OVER_DAYS,
        ...request.body,
      };
      const layer = unwrap(await createLayer(ctx, made));
      etag(reply, layer.version);
      void reply.status(201).header("location", `/api/v1/layers/${layer.key}`);
      return viewOf(layer);
    },
  );
  app.patch(
    "/api/v1/layers/:key",
    {
      config: { permission: "layer.edit" },
      schema: {
        summary: "Change a layer; another carry-over period holds for slots freed from now on",
        params: LayerParams,
        body: EditLayerBody,
        response: { 200: LayerSchema },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const input = { key: request.params.key, version: ifMatch(request), change: request.body };
      const layer = unwrap(await editLayer(ctx, input));
      etag(reply, layer.version);
      return viewOf(layer);
    },
  );
}

function addArchive(app: App): void {
  const moves = {
    archive: {
      summary: "Put a layer away of which nobody holds slots; its key and its ledger stay",
      run: archiveLayer,
    },
    restore: { summary: "Bring a layer back; rules may claim slots of it", run: restoreLayer },
  };
  for (const [verb, { summary, run }] of Object.entries(moves)) {
    app.post(
      `/api/v1/layers/:key/${verb}`,
      {
        config: { permission: "layer.edit" },
        schema: {
          summary: `${summary}; \`If-Match\` guards it`,
          params: LayerParams,
          response: { 200: LayerSchema },
        },
      },
      async (request, reply) => {
        const input = { key: request.params.key, version: ifMatch(request) };
        const layer = unwrap(await run(commandContext(request), input));
        etag(reply, layer.version);
        return viewOf(layer);
      },
    );
  }
}

function addMap(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/layers/:key/environments/:environment/map",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Who holds which slots of a layer, what is in quarantine and what is free",
        params: PlaceParams,
        response: { 200: LayerMapSchema },
      },
    },
    async (request) => {
      const { workspaceId, now } = commandContext(request);
      const { key, environment } = request.params;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const layer = await mustReadLayer(deps, workspaceId, key);
      const stretches = stretchesOf(await readStanding(deps.db, layer.id, environment));
      const { held, quarantined, free, nextFreeAt } = fillOf(stretches, now);
      return {
        ...viewOf(layer),
        environment,
        heldShare: held / PARTS,
        quarantinedShare: quarantined / PARTS,
        freeShare: free / PARTS,
        nextFreeAt: nextFreeAt?.toISOString() ?? null,
        slots: stretches.map((stretch) => slotOf(stretch, now)),
      };
    },
  );
  app.get(
    "/api/v1/layers/:key/environments/:environment/ledger",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "What was taken and freed in a layer, newest first; only ever added to",
        params: PlaceParams,
        querystring: PageQuery,
        response: { 200: PageOf(LedgerEntrySchema) },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { key, environment } = request.params;
      const layer = await mustReadLayer(deps, workspaceId, key);
      const limit = pageLimit(request.query.limit);
      const cursor = readCursor(request.query.cursor, 1)?.[0];
      const before = cursor === undefined ? null : Number(cursor);
      const rows = await listLedger(deps.db, layer.id, environment, before, limit + 1);
      return cursorPage(rows.map(entryView), limit, ({ position }) => [`${position}`]);
    },
  );
}

/** Registers `/api/v1/layers`. */
export function registerLayerRoutes(app: App, deps: FlagRouteDependencies): void {
  addReads(app, deps);
  addDefinitions(app);
  addArchive(app);
  addMap(app, deps);
}
