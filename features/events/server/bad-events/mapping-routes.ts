import { commandContext, etag, ifMatch } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EditMappingBody, MappingBody, MappingList, MappingView } from "../../bad-event-api.ts";
import { createMapping, editMapping } from "../commands/save-mapping.ts";
import type { PlanSet } from "../plans/plan-set.ts";
import { unwrapBad } from "./bad-event-problems.ts";
import { listMappings } from "./mapping-repository.ts";
import type { StoredMapping } from "./mapping-repository.ts";

const BASE = "/api/v1/events/mappings";
const TAGS = ["bad events"];

function mappingView(mapping: StoredMapping, now: Date): MappingView {
  const { version, endsAt, createdAt, edits, ...shown } = mapping;
  return {
    ...shown,
    edits: edits.map((edit) => ({ ...edit })),
    endsAt: endsAt.toISOString(),
    createdAt: createdAt.toISOString(),
    active: endsAt > now,
    etag: version,
  };
}

/** Registers the mappings that are made at the door, before an event is checked. */
export function registerMappingRoutes(app: App, deps: { readonly plans: PlanSet }): void {
  app.get(
    BASE,
    {
      config: { permission: "event.read" },
      schema: {
        summary: "Mappings that mend events as they arrive",
        tags: TAGS,
        response: { 200: MappingList },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const mappings = await listMappings(ctx.db, ctx.workspaceId);
      return { items: mappings.map((mapping) => mappingView(mapping, ctx.now)) };
    },
  );
  app.post(
    BASE,
    {
      config: { permission: "event.map" },
      schema: {
        summary: "Mend events like these as they arrive, from now on",
        tags: TAGS,
        body: MappingBody,
        response: { 201: MappingView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const input = { ...request.body, endsAt: new Date(request.body.endsAt) };
      const mapping = unwrapBad(await createMapping(ctx, input));
      await deps.plans.refresh(ctx.workspaceId);
      etag(reply, mapping.version);
      void reply.status(201).header("location", `${BASE}/${mapping.id}`);
      return mappingView(mapping, ctx.now);
    },
  );
  addEditing(app, deps);
}

function addEditing(app: App, deps: { readonly plans: PlanSet }): void {
  app.patch(
    `${BASE}/:id`,
    {
      config: { permission: "event.map" },
      schema: {
        summary: "Changes a mapping, or ends it with an instant that has passed",
        tags: TAGS,
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        body: EditMappingBody,
        response: { 200: MappingView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { endsAt, ...rest } = request.body;
      const mapping = unwrapBad(
        await editMapping(ctx, {
          id: request.params.id,
          version: ifMatch(request),
          ...rest,
          ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt) }),
        }),
      );
      await deps.plans.refresh(ctx.workspaceId);
      etag(reply, mapping.version);
      return mappingView(mapping, ctx.now);
    },
  );
}
