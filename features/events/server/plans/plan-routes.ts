import type { CommandContext } from "@paceline/command";
import {
  commandContext,
  cursorPage,
  etag,
  ifMatch,
  notFound,
  pageLimit,
  PageOf,
  PageQuery,
  problem,
  readCursor,
} from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";

import {
  comparePlans,
  DEFAULT_FRESHNESS_DAYS,
  nextVersion,
  parsePlanVersion,
  readPlanSchema,
  versionText,
} from "../../domain/index.ts";
import {
  CheckPlanBody,
  CreatePlanBody,
  DraftBody,
  EditPlanBody,
  PlanCheckView,
  PlanDetail,
  PlanName,
  PlanPreview,
  PlanSettings,
  PlanSettingsBody,
  PlanSummary,
  PreviewBody,
  VersionText,
} from "../../plan-api.ts";
import { createPlan } from "../commands/create-plan.ts";
import { editPlan } from "../commands/edit-plan.ts";
import { publishPlan } from "../commands/publish-plan.ts";
import { retirePlan } from "../commands/retire-plan.ts";
import { setUnplanned } from "../commands/set-unplanned.ts";
import { writePlanDraft } from "../commands/write-plan-draft.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { readUnplanned } from "./arrivals.ts";
import type { EnvironmentNow } from "./arrivals.ts";
import { newestBinding } from "./draft-decision.ts";
import { previewPlan } from "./plan-preview.ts";
import { unwrapPlan } from "./plan-problems.ts";
import { findPlan, readSettings, readVersions } from "./plan-repository.ts";
import type { PlanSet } from "./plan-set.ts";
import { viewPlan, viewPlans } from "./plan-views.ts";

export interface PlanRouteDeps {
  readonly plans: PlanSet;
  readonly events: Pick<EventRouteDeps, "store" | "findEnvironmentTime">;
  /** Tells open screens to read anew. */
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}

const BASE = "/api/v1/telemetry-plans";
const TAGS = ["telemetry plans"];
const NameParams = Type.Object({ name: PlanName });
const SHOWN_UNPLANNED = 100;

/** Registers `/api/v1/telemetry-plans`. */
export function registerPlanRoutes(app: App, deps: PlanRouteDeps): void {
  addLists(app, deps);
  addSettings(app, deps);
  addChecks(app, deps);
  addWriting(app, deps);
  addDrafting(app, deps);
  addPublishing(app, deps);
}

/** This node judges by what was just changed before it answers; the others follow within moments. */
async function answer(
  deps: PlanRouteDeps,
  ctx: CommandContext,
  name: string,
  reply: FastifyReply,
): Promise<PlanDetail> {
  await deps.plans.refresh(ctx.workspaceId);
  deps.publish(ctx.workspaceId, "plans", { name });
  return shown(deps, ctx, name, reply);
}

/** An event is as old as the clock of its environment says. */
function nowOf(deps: PlanRouteDeps, ctx: CommandContext): EnvironmentNow {
  return async (environment) =>
    (await deps.events.findEnvironmentTime(ctx.workspaceId, environment))?.now ?? ctx.now;
}

async function shown(
  deps: PlanRouteDeps,
  ctx: CommandContext,
  name: string,
  reply: FastifyReply,
): Promise<PlanDetail> {
  const detail = await viewPlan(ctx.db, ctx.workspaceId, name, nowOf(deps, ctx));
  if (detail === null) throw notFound("telemetry plan");
  etag(reply, detail.etag);
  return detail;
}

function addLists(app: App, deps: PlanRouteDeps): void {
  app.get(
    BASE,
    {
      config: { permission: "plan.read" },
      schema: {
        summary: "Telemetry plans by name",
        tags: TAGS,
        querystring: Type.Object({
          ...PageQuery.properties,
          initiativeId: Type.Optional(Type.String({ format: "uuid" })),
        }),
        response: { 200: PageOf(PlanSummary) },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { initiativeId, cursor, limit: wanted } = request.query;
      const limit = pageLimit(wanted);
      const after = readCursor(cursor, 1)?.[0] ?? null;
      await deps.plans.flush();
      const filter = { initiativeId: initiativeId ?? null, after, limit: limit + 1 };
      const rows = await viewPlans(ctx.db, ctx.workspaceId, filter, nowOf(deps, ctx));
      return cursorPage(rows, limit, ({ name }) => [name]);
    },
  );
  app.get(
    `${BASE}/:name`,
    {
      config: { permission: "plan.read" },
      schema: {
        summary: "A telemetry plan with its versions",
        tags: TAGS,
        params: NameParams,
        response: { 200: PlanDetail },
      },
    },
    async (request, reply) => {
      await deps.plans.flush();
      return shown(deps, commandContext(request), request.params.name, reply);
    },
  );
}

function addSettings(app: App, deps: PlanRouteDeps): void {
  const settings = async (ctx: CommandContext, reply: FastifyReply): Promise<PlanSettings> => {
    const { unplanned, version } = await readSettings(ctx.db, ctx.workspaceId);
    const events = await readUnplanned(ctx.db, ctx.workspaceId, SHOWN_UNPLANNED);
    etag(reply, version);
    return {
      unplanned,
      etag: version,
      events: events.map(({ workspaceId: _hidden, lastSeenAt, ...event }) => ({
        ...event,
        lastSeenAt: lastSeenAt.toISOString(),
      })),
    };
  };
  app.get(
    "/api/v1/telemetry-plan-settings",
    {
      config: { permission: "plan.read" },
      schema: {
        summary: "What happens to events that no plan knows",
        tags: TAGS,
        response: { 200: PlanSettings },
      },
    },
    async (request, reply) => {
      await deps.plans.flush();
      return settings(commandContext(request), reply);
    },
  );
  app.put(
    "/api/v1/telemetry-plan-settings",
    {
      config: { permission: "plan.publish" },
      schema: {
        summary: "Say what happens to events that no plan knows",
        tags: TAGS,
        body: PlanSettingsBody,
        response: { 200: PlanSettings },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { unplanned } = request.body;
      unwrapPlan(await setUnplanned(ctx, { unplanned, version: ifMatch(request) }));
      await deps.plans.refresh(ctx.workspaceId);
      return settings(ctx, reply);
    },
  );
}

function addChecks(app: App, deps: PlanRouteDeps): void {
  app.post(
    "/api/v1/telemetry-plan-checks",
    {
      config: { permission: "plan.read", idempotent: false },
      schema: {
        summary: "What a schema's faults are, what it changes, and which version it needs",
        tags: TAGS,
        body: CheckPlanBody,
        response: { 200: PlanCheckView },
      },
    },
    async (request) => checkSchema(commandContext(request), request.body),
  );
  app.post(
    `${BASE}/:name/preview`,
    {
      config: { permission: "plan.read", idempotent: false },
      schema: {
        summary: "What a schema would say of last week's real events",
        tags: TAGS,
        params: NameParams,
        body: PreviewBody,
        response: { 200: PlanPreview },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { schema, environment } = request.body;
      const plan = await findPlan(ctx.db, ctx.workspaceId, request.params.name);
      if (plan === null) throw notFound("telemetry plan");
      const read = readPlanSchema(schema);
      if (!read.ok) return unwrapPlan({ ok: false, error: unusable(read.error) });
      const time = await deps.events.findEnvironmentTime(ctx.workspaceId, environment);
      if (time === null) throw notFound("environment");
      const scope = { workspace: ctx.workspaceId, environment, now: time.now };
      return previewPlan(deps.events.store, plan, read.value, scope);
    },
  );
}

function unusable(faults: readonly { readonly pointer: string; readonly reason: string }[]) {
  return { kind: "unusable-schema" as const, faults };
}

async function checkSchema(
  ctx: CommandContext,
  body: { readonly schema: unknown; readonly before?: unknown; readonly name?: string },
): Promise<PlanCheckView> {
  const nothing = { changes: [], level: null, comparedWith: null, nextVersion: null };
  const read = readPlanSchema(body.schema);
  if (!read.ok) return { faults: read.error.map((fault) => ({ ...fault })), ...nothing };
  const plan = body.name === undefined ? null : await findPlan(ctx.db, ctx.workspaceId, body.name);
  const versions =
    plan === null ? [] : ((await readVersions(ctx.db, [plan.id])).get(plan.id) ?? []);
  const last = newestBinding(versions);
  const earlier = body.before ?? last?.schema;
  if (earlier === undefined) {
    return { faults: [], ...nothing, nextVersion: plan === null ? null : "1-0-0" };
  }
  const before = readPlanSchema(earlier);
  if (!before.ok) {
    throw problem({
      name: "unusable-schema",
      title: "The earlier schema cannot be used",
      status: 422,
      detail: "Nothing can be compared with it. Nothing was changed.",
      errors: before.error.map(({ pointer, reason }) => ({
        pointer: `/before${pointer}`,
        detail: reason,
      })),
    });
  }
  const { changes, level } = comparePlans(before.value, read.value);
  const from = body.before === undefined ? last : null;
  return {
    faults: [],
    changes: changes.map((change) => ({ ...change })),
    level,
    comparedWith: from === null ? null : versionText(from.version),
    nextVersion: from === null ? null : versionText(nextVersion(from.version, level)),
  };
}

function addWriting(app: App, deps: PlanRouteDeps): void {
  app.post(
    BASE,
    {
      config: { permission: "plan.write" },
      schema: {
        summary: "Make a telemetry plan for an event; it judges nothing before it is published",
        tags: TAGS,
        body: CreatePlanBody,
        response: { 201: PlanDetail },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const input = { description: "", initiativeId: null, ...request.body };
      const plan = unwrapPlan(await createPlan(ctx, input));
      void reply.status(201).header("location", `${BASE}/${plan.name}`);
      return answer(deps, ctx, plan.name, reply);
    },
  );
  app.patch(
    `${BASE}/:name`,
    {
      config: { permission: "plan.write" },
      schema: {
        summary: "Change what a plan says about itself; `If-Match` guards it",
        tags: TAGS,
        params: NameParams,
        body: EditPlanBody,
        response: { 200: PlanDetail },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { name } = request.params;
      unwrapPlan(await editPlan(ctx, { name, version: ifMatch(request), ...request.body }));
      return answer(deps, ctx, name, reply);
    },
  );
}

function addDrafting(app: App, deps: PlanRouteDeps): void {
  app.put(
    `${BASE}/:name/draft`,
    {
      config: { permission: "plan.write" },
      schema: {
        summary: "Write the next version of a plan; the version says what it breaks",
        tags: TAGS,
        params: NameParams,
        body: DraftBody,
        response: { 200: PlanDetail },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { name } = request.params;
      const { version, ...content } = request.body;
      const draft = {
        name,
        rowVersion: ifMatch(request),
        version: version === undefined ? null : parsePlanVersion(version),
        content: {
          mode: "observe" as const,
          freshnessDays: DEFAULT_FRESHNESS_DAYS,
          environments: null,
          sources: null,
          ...content,
        },
      };
      unwrapPlan(await writePlanDraft(ctx, draft));
      return answer(deps, ctx, name, reply);
    },
  );
}

function addPublishing(app: App, deps: PlanRouteDeps): void {
  app.post(
    `${BASE}/:name/publish`,
    {
      config: { permission: "plan.publish" },
      schema: {
        summary: "Let the draft of a plan judge events from now on",
        tags: TAGS,
        params: NameParams,
        response: { 200: PlanDetail },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { name } = request.params;
      unwrapPlan(await publishPlan(ctx, { name, rowVersion: ifMatch(request) }));
      return answer(deps, ctx, name, reply);
    },
  );
  app.post(
    `${BASE}/:name/versions/:version/retire`,
    {
      config: { permission: "plan.publish" },
      schema: {
        summary: "Takes a published version out of force, or drops a draft",
        tags: TAGS,
        params: Type.Object({ name: PlanName, version: VersionText }),
        response: { 200: PlanDetail },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { name, version } = request.params;
      unwrapPlan(await retirePlan(ctx, { name, version, rowVersion: ifMatch(request) }));
      return answer(deps, ctx, name, reply);
    },
  );
}
